//! Handlers may be called like the options of stubs.
use mainspring::prelude::*;

#[workflow_interface]
trait Odd {
    #[run]
    async fn name(&self) -> Result<()>;
    #[signal]
    fn id(&self);
    #[signal]
    fn cancel(&self);
    #[query]
    fn handle(&self) -> u32;
    #[query]
    fn task_queue(&self) -> u32;
    #[update]
    async fn r#type(&self) -> u32;
}

#[workflow_fn]
async fn run() -> Result<()> {
    Odd.external("x").id().await?;
    Odd.external("x").cancel().await?;
    Odd.child().name().await?;
    Ok(())
}

pub async fn client(client: &mainspring::Client) -> Result<u32> {
    Ok(client.workflow(Odd, "x").r#type().await?)
}

#[test]
fn compiles() {
    let _ = run();
}
