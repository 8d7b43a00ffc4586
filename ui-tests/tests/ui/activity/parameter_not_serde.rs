use mainspring::prelude::*;

struct Plain;

#[activity(start_to_close = "5s")]
async fn price(sku: Plain) -> Result<u64, ActivityError> {
    drop(sku);
    Ok(1)
}

fn main() {}
