use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
}

#[derive(Default)]
struct W;

#[workflow]
impl Greeting for W {
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
