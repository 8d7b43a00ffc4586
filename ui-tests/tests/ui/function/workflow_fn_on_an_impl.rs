use mainspring::prelude::*;

struct Order;

#[workflow_fn]
impl Order {
    async fn total(&self) -> u32 {
        1
    }
}

fn main() {}
