use mainspring::prelude::*;

#[activity_interface(start_to_close = "5s")]
trait Prices {
    async fn price(&self, sku: u32) -> u64;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn price(&self, _sku: u32) -> u64 {
        1
    }
    async fn discount(&self) -> u64 {
        2
    }
}

fn main() {}
