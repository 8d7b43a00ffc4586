use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run(name = "greet")]
    async fn run(&self);
}

#[workflow_fn(name = "x")]
async fn helper() {}

fn main() {}
