use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    fn greet(&self, name: String) -> Result<String>;
}

fn main() {}
