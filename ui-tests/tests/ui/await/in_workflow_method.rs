use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

struct Order;

#[workflow]
impl Order {
    async fn total(&self) -> u32 {
        helper().await + helper().await
    }
}

fn main() {}
