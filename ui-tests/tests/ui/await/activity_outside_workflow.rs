use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

async fn not_a_workflow() -> u64 {
    price(1).await.unwrap()
}

fn main() {}
