use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price<T>(sku: T) -> Result<u64, ActivityError> {
    drop(sku);
    Ok(1)
}

fn main() {}
