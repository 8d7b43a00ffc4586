//! What happens to a handler that still runs when the workflow ends.
use mainspring::prelude::*;

#[workflow_interface]
trait Slow {
    #[run]
    async fn run(&self) -> Result<()>;
    #[signal(unfinished = "abandon")]
    async fn tidy(&self);
    #[update(unfinished = "warn")]
    async fn change(&self) -> Result<()>;
}
