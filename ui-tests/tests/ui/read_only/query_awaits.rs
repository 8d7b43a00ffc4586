use mainspring::prelude::*;

#[derive(Default)]
struct Counter;

#[workflow]
impl Counter {
    #[run]
    async fn run(&self) -> u32 {
        1
    }
    #[query]
    fn total(&self) -> bool {
        workflow::sleep("1s").await.is_ok()
    }
}

fn main() {}
