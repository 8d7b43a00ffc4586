//! Every shape of an await that workflow code may write.
use mainspring::{BoxDurable, assume_durable, boxed, prelude::*};
use std::{collections::BTreeMap, pin::Pin};

#[activity(start_to_close = "5s")]
pub async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
pub async fn patterns((a, b): (u32, u32), _: u32, [c, ..]: [u32; 3]) -> Result<u64> {
    Ok(price(a + b + c).await?)
}

#[workflow_fn]
pub async fn opaque() -> impl std::fmt::Display + Send {
    workflow::sleep("1s").await.ok();
    1
}

#[workflow_fn]
pub async fn borrows<'a>(a: &'a str, b: &str, mut n: u32) -> Result<&'a str> {
    n += b.len() as u32;
    price(n).await?;
    Ok(a)
}

#[workflow_fn]
pub async fn no_output(_unused: &str) {
    workflow::sleep("1s").await.ok();
}

#[workflow_fn]
pub async fn nested_blocks() -> Result<u64> {
    let a = async { price(1).await };
    let b = async move { price(2).await };
    Ok(a.await? + b.await?)
}

#[workflow_fn]
pub async fn pinned() -> Result<u64> {
    let mut f = std::pin::pin!(async { price(1).await });
    Ok(f.as_mut().await? + Box::pin(async { price(1).await }).await?)
}

#[workflow_fn]
pub async fn in_macros(x: String) -> Result<Vec<u64>> {
    let v = vec![price(1).await?, price(2).await?];
    assert!(price(3).await? > 0, "{}", price(4).await?);
    let _ = format!("{x} {}", borrows(&x, "y", 1).await?);
    if matches!(price(1).await, Ok(1)) {
        return Ok(v);
    }
    Ok(v)
}

#[workflow_fn]
pub async fn generic<T: Send + 'static, D: Durable<Output = T>>(
    make: impl Fn(u32) -> D + Send + Sync,
) -> Vec<T> {
    let mut out = vec![];
    for n in 0..3 {
        out.push(make(n).await)
    }
    out
}

#[workflow_fn]
pub async fn uses_generic() -> usize {
    generic(price).await.len() + generic(|n| async move { price(n).await }).await.len()
}

#[workflow_fn]
pub async fn recursive(n: u32) -> Result<u64> {
    if n == 0 {
        Ok(0)
    } else {
        Ok(Box::pin(recursive(n - 1)).await? + price(n).await?)
    }
}

#[workflow_fn]
pub async fn impl_argument(f: impl Durable<Output = u32>) -> u32 {
    f.await
}

pub fn sync_helper(n: u32) -> impl Durable<Output = Result<u64, ActivityFailure>> {
    price(n)
}

#[workflow_fn]
pub async fn uses_sync_helper() -> Result<u64> {
    Ok(sync_helper(1).await?)
}

pub trait Step {
    fn run(&self, n: u32) -> impl Durable<Output = u32>;
    fn dynamic(&self) -> BoxDurable<'_, u32>;
}

#[workflow_fn]
pub async fn trait_futures(s: &(impl Step + Sync)) -> u32 {
    s.dynamic().await + s.run(1).await
}

#[workflow_fn]
pub async fn strategies(steps: BTreeMap<String, fn(u32) -> BoxDurable<'static, u32>>) -> u32 {
    let mut n = 0;
    for (_, step) in steps {
        n = step(n).await;
    }
    n + boxed(async { 1 }).await
}

#[workflow_fn]
pub async fn control_flow(x: Option<u32>) -> Result<u64> {
    let mut total = 0;
    'outer: loop {
        match price(total as u32).await {
            Ok(n) if n > 3 => break 'outer,
            Ok(n) => total += n,
            Err(e) => return Err(e.into()),
        }
    }
    let r = if let Some(n) = x
        && price(n).await? > 2
    {
        price(n).await?
    } else {
        0
    };
    let s = match price(1).await? {
        n if n > price(2).await? => n,
        n => n + 1,
    };
    let Some(t) = Some(price(1).await?) else {
        return Ok(0);
    };
    let u: u64 = {
        let y = price(3).await;
        y?
    };
    Ok(total + r + s + t + u)
}

#[workflow_fn]
pub async fn retried<D, T>(mut operation: impl FnMut() -> D + Send) -> T
where
    D: Durable<Output = Result<T, ActivityFailure>>,
    T: Send,
{
    loop {
        match operation().await {
            Ok(value) => return value,
            Err(_) => drop(workflow::sleep("1s").await),
        }
    }
}

#[workflow_fn]
pub async fn uses_retried() -> u64 {
    let sku = 3;
    retried(|| price(sku)).await + retried(|| async move { price(sku).await }).await
}

#[workflow_fn]
pub async fn pure_future_of_another_crate() -> u32 {
    assume_durable(
        std::future::poll_fn(|_| std::task::Poll::Ready(1)),
        "ready at once",
    )
    .await
        + std::future::ready(1).await
}

#[workflow_fn]
pub async fn try_block() -> Result<u64, ActivityFailure> {
    let r: Result<u64, ActivityFailure> = async { Ok(price(1).await? + price(2).await?) }.await;
    r
}

#[workflow_fn]
pub async fn a_task_is_a_future() -> Result<u64> {
    let f: Pin<Box<dyn Future<Output = Result<u64>> + Send>> = Box::pin(nested_blocks());
    assume_durable(f, "it is a task of ours").await
}
