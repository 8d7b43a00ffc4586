use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
}

#[derive(Default)]
struct W;

#[workflow]
impl Greeting for W {
    async fn greet(&self, name: u32) -> Result<String> {
        Ok(name.to_string())
    }
}

fn main() {}
