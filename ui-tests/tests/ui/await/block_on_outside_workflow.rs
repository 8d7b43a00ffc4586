use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> { Ok(sku.into()) }

fn main() {
    let _ = futures::executor::block_on(price(1));
}
