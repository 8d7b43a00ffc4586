use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: &str) -> Result<u64, ActivityError> {
    Ok(sku.len() as u64)
}

fn main() {}
