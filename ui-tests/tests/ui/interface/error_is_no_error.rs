use mainspring::prelude::*;

struct Oops;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String, Oops>;
}

fn main() {}
