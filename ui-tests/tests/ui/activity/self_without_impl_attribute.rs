use mainspring::prelude::*;

struct Prices;

impl Prices {
    #[activity]
    async fn price(&self) -> u64 {
        1
    }
}

fn main() {}
