use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[query]
    async fn total(&self) -> u32;
}

fn main() {}
