#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self) -> Result<()>;
    #[deprecated(note = "use `approve_all`")]
    #[signal]
    fn approve(&self);
}

#[activity_interface(start_to_close = "5s")]
trait Prices {
    #[deprecated(note = "use `prices`")]
    async fn price(&self) -> u64;
}

#[deprecated(note = "use `shout`")]
#[activity(start_to_close = "5s")]
async fn whisper() {}

#[deprecated(note = "use `Greeting`")]
#[workflow]
async fn greet() {}

#[workflow_fn]
async fn uses(client: &mainspring::Client) -> Result<()> {
    Greeting.external("id").approve().await?;
    PricesStub::default().price().await?;
    whisper().await?;
    greet().await?;
    let _ = client.workflow(Greeting, "id").approve();
    Ok(())
}

fn main() {}
