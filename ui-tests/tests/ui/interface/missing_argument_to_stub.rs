use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String, times: u32) -> Result<String>;
}

#[workflow_fn]
async fn run() -> Result<String> {
    Ok(Greeting.child().greet("x").await?)
}

fn main() {}
