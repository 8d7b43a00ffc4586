//! Waiting for several operations.
use mainspring::prelude::*;
use std::future::ready;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
async fn pairs() -> Result<u64> {
    let (a, b) = join!(price(1), async { price(2).await });
    let (c, d) = try_join!(price(3), price(4).start_to_close("1m"))?;
    let (one,) = join!(ready(1));
    Ok(a? + b? + c + d + one)
}

#[workflow_fn]
async fn lists(skus: Vec<u32>) -> Result<u64> {
    let all = workflow::join_all(skus.iter().copied().map(price)).await;
    let each =
        workflow::try_join_all(skus.iter().map(|sku| async move { price(*sku).await })).await?;
    let (position, first) = workflow::race(skus.into_iter().map(price)).await;
    let total: u64 = each.iter().sum();
    Ok(total + all.len() as u64 + position as u64 + first?)
}

#[workflow_fn]
async fn choices(paid: &State<u64>, patient: bool) -> Result<u64> {
    let got = select! {
        reached = workflow::wait_until(|| paid.get() > 0) => { reached?; price(2).await? }
        _ = workflow::sleep("9s"), if !patient => {
            return Err(ApplicationError::new("Late", "too late").into());
        }
    };
    let mut handle = price(7).start();
    let more = select! {
        Ok(n) | Err(ActivityFailureAlias { n }) = renamed(&mut handle) => n,
        _ = ready(()) => 3,
    };
    let disabled = select! {
        x = ready(1), if false => x,
        else => 2,
    };
    Ok(got + more + disabled)
}

struct ActivityFailureAlias {
    n: u64,
}

#[workflow_fn]
async fn renamed(
    d: impl Durable<Output = Result<u64, ActivityFailure>>,
) -> Result<u64, ActivityFailureAlias> {
    d.await.map_err(|_| ActivityFailureAlias { n: 1 })
}

#[workflow_fn]
async fn deadlines() -> Result<Option<u64>> {
    match workflow::timeout("1 day", price(1)).await {
        Ok(price) => Ok(Some(price?)),
        Err(_) => Ok(None),
    }
}

#[test]
fn compiles() {
    let _ = (pairs(), lists(vec![]), deadlines());
    let _ = choices(&State::new(1), true);
}
