use mainspring::prelude::*;

#[activity]
trait Prices {
    async fn price(&self) -> u64;
}

#[activity_interface]
struct Other;

#[activity]
enum Third {}

fn main() {}
