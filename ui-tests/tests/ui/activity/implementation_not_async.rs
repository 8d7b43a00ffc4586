use mainspring::prelude::*;

#[activity_interface(start_to_close = "5s")]
trait Prices {
    async fn price(&self, sku: u32) -> u64;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    fn price(&self, sku: u32) -> u64 {
        sku.into()
    }
}

fn main() {}
