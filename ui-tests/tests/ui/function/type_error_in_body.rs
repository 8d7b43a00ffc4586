use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow]
async fn run() -> Result<u64> {
    let p: String = price("x").await?;
    p.lenn();
    Ok(price(1).awai?)
}

fn main() {}
