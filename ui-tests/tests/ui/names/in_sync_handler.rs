use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[signal]
    fn add(&self);
}

#[derive(Default)]
struct Counter;

#[workflow]
impl Count for Counter {
    async fn run(&self) -> u32 {
        1
    }
    fn add(&self) {
        let _ = std::time::SystemTime::now();
    }
}

fn main() {}
