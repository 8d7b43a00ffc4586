use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[query]
    fn total(&self) -> u32;
}

#[derive(Default)]
struct Counter {
    total: State<u32>,
}

#[workflow]
impl Count for Counter {
    async fn run(&self) -> u32 {
        self.total.get()
    }
    fn total(&self) -> u32 {
        self.total.update(|n| *n += 1);
        self.total.get()
    }
}

fn main() {}
