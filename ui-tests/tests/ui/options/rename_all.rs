use mainspring::prelude::*;

#[workflow_interface(rename_all = "camelcase")]
trait Greeting {
    #[run]
    async fn run(&self);
}

fn main() {}
