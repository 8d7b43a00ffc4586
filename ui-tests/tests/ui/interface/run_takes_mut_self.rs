use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&mut self, name: String) -> Result<String>;
}

fn main() {}
