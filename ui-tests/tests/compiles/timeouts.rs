//! Deadlines, conditions and their outcomes.
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> u64 {
    u64::from(sku)
}

#[workflow]
async fn deadline() -> Result<Option<u64>> {
    let paid = State::new(false);
    workflow::wait_until(|| paid.get()).await?;
    match workflow::timeout("1m", price(1)).await {
        Ok(price) => Ok(Some(price?)),
        Err(_late) => Ok(None),
    }
}
