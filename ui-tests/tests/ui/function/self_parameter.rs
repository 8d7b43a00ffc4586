use mainspring::prelude::*;

struct Order;

impl Order {
    #[workflow]
    async fn run(&self) -> u32 {
        1
    }
}

fn main() {}
