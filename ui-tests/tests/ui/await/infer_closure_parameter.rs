// rustc accepts this for its own `.await`; here the type must be written: `|x: ActivityCall<price>|`.
use mainspring::prelude::*;

#[activity]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
async fn later() -> Result<u64> {
    let f = |x| async move { x.await };
    Ok(f(price(1)).await?)
}

fn main() {}
