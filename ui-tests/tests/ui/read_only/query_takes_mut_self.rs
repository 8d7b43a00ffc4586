use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[query]
    fn total(&mut self) -> u32;
}

fn main() {}
