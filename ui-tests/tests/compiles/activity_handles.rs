//! Started now, awaited later, cancelled meanwhile.
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow]
async fn handles() -> Result<u64> {
    let first = price(1).start();
    let mut second = price(2).start();
    let early = select! {
        price = &mut second => price?,
        _ = workflow::sleep("1s") => {
            second.cancel();
            0
        }
    };
    Ok(first.await? + early)
}
