use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn run(&self);
    #[signal(unfinished = "forget")]
    async fn approve(&self);
}

fn main() {}
