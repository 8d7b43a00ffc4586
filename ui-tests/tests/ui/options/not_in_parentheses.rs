use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn run(&self);
    #[signal = "approve"]
    fn approve(&self);
}

fn main() {}
