use mainspring::prelude::*;

#[activity_interface]
trait Prices {
    async fn price(&self) -> u64;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    #[activity]
    async fn price(&self) -> u64 {
        1
    }
}

fn main() {}
