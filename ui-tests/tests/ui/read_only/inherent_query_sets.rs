use mainspring::prelude::*;

#[derive(Default)]
struct Counter {
    total: State<u32>,
}

#[workflow]
impl Counter {
    #[run]
    async fn run(&self) -> u32 {
        self.total.get()
    }
    #[query]
    fn total(&self) -> u32 {
        self.total.replace(7)
    }
}

fn main() {}
