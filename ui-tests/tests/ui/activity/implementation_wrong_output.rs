use mainspring::prelude::*;

#[activity_interface(start_to_close = "5s")]
trait Prices {
    async fn price(&self, sku: u32) -> u64;
    fn currency(&self) -> String;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn price(&self, _sku: u32) -> String {
        String::new()
    }
    fn currency(&self) -> u32 {
        1
    }
}

fn main() {}
