use mainspring::prelude::*;

#[activity_interface]
trait Prices {
    async fn price(&self) -> u64;
}

struct Fixed<T>(T);

#[activity]
impl<T: Send + Sync + 'static> Prices for Fixed<T> {
    async fn price(&self) -> u64 {
        1
    }
}

fn main() {}
