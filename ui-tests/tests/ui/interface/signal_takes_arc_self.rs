use mainspring::prelude::*;
use std::sync::Arc;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(self: Arc<Self>);
}

fn main() {}
