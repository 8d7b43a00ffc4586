use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[signal]
    fn add(&self) {
        let _ = rand::random::<u32>();
    }
}

fn main() {}
