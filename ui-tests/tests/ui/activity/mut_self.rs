use mainspring::prelude::*;

struct Prices;

#[activity(start_to_close = "5s")]
impl Prices {
    #[activity]
    async fn price(&mut self) -> u64 {
        1
    }
    #[activity]
    async fn other() -> u64 {
        1
    }
}

fn main() {}
