use mainspring::prelude::*;

struct Plain;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: Plain) -> Result<String>;
    #[signal]
    fn approve(&self, by: Plain, why: String);
}

fn main() {}
