use mainspring::prelude::*;

#[derive(Default)]
struct Order;

#[workflow]
#[mainspring::allow(MS0101, reason = "logged only")]
impl Order {
    #[run] async fn run(&self) -> Result<()> { Ok(()) }
}

fn main() {}
