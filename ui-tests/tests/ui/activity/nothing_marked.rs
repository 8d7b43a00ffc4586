use mainspring::prelude::*;

struct Prices;

#[activity]
impl Prices {
    pub async fn price(&self) -> u64 {
        1
    }
}

fn main() {}
