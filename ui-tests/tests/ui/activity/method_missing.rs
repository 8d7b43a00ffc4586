use mainspring::prelude::*;

#[activity_interface]
trait Prices {
    async fn price(&self) -> u64;
    fn currency(&self) -> String;
}

struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn price(&self) -> u64 {
        1
    }
}

fn main() {}
