use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32, currency: String) -> Result<u64, ActivityError> {
    drop(currency);
    Ok(sku.into())
}

#[workflow_fn]
async fn run() -> Result<u64> {
    Ok(price(1).await?)
}

fn main() {}
