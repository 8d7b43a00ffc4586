use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

struct Neither;

#[workflow]
impl Greeting for Neither {
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
