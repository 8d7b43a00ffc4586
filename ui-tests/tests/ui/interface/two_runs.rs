use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[run]
    async fn shout(&self, name: String) -> Result<String>;
}

fn main() {}
