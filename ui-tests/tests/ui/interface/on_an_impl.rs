use mainspring::prelude::*;

pub struct Greeting;

#[workflow_interface]
impl Greeting {
    #[run]
    async fn greet(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
