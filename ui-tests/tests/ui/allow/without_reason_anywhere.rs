use mainspring::prelude::*;

#[mainspring::allow(MS0604)]
#[workflow_fn]
async fn function() -> u32 {
    let list = [
        #[mainspring::allow(MS0201)]
        rand::random::<u32>(),
    ];
    list[0]
}

#[derive(Default)]
struct Order;

#[mainspring::allow(MS0502)]
#[workflow]
impl Order {
    #[mainspring::allow(MS0101)]
    fn method(&self) {}
    #[run]
    async fn run(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
