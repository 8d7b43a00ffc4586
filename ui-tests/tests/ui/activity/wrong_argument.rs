use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
async fn run() -> Result<u64> {
    Ok(price("x").await?)
}

fn main() {}
