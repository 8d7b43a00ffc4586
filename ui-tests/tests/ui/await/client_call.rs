use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

#[workflow_fn]
async fn run(greeting: GreetingClient) -> Result<String> {
    Ok(greeting.greet("x").await?)
}

fn main() {}
