use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String) -> u32;
    #[signal]
    async fn reject(&self, by: String) -> Result<u32>;
}

fn main() {}
