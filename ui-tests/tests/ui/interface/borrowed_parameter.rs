use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: &str) -> Result<String>;
    #[query]
    fn approved(&self) -> &str;
}

fn main() {}
