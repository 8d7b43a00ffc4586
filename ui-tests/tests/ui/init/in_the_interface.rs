use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[init]
    fn new(name: &String) -> Self;
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

fn main() {}
