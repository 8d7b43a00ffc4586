use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(name: String) -> Result<String>;
}

fn main() {}
