use mainspring::prelude::*;

#[activity_interface(start_to_close = "5s")]
trait Prices {
    async fn price(&self, sku: u32) -> u64;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn price(&self, sku: String) -> u64 {
        sku.len() as u64
    }
}

fn main() {}
