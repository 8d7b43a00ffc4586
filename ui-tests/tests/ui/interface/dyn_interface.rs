use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

fn take(_: &dyn Greeting) {}

fn main() {}
