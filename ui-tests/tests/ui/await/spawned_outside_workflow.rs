use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> { Ok(sku.into()) }

pub fn ordinary() {
    tokio::spawn(price(1));
}

fn main() {}
