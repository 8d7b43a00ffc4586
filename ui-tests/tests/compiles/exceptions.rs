//! Exceptions, each with its reason, on a statement, an expression, an arm and a function.
use mainspring::prelude::*;
use std::collections::HashMap;

#[workflow_fn]
pub async fn statements(prices: HashMap<String, u64>) -> u64 {
    #[mainspring::allow(MS0407, reason = "for a demonstration")]
    println!("once more");
    #[mainspring::allow(MS0203, reason = "a sum is order-free")]
    let sum = prices.values().sum::<u64>();
    #[mainspring::allow(MS0203, MS0101, reason = "only measured")]
    for _ in &prices {
        let _ = std::time::SystemTime::now();
    }
    sum
}

#[workflow_fn]
pub async fn expressions(n: u32) -> u32 {
    let list = [
        #[mainspring::allow(MS0201, reason = "thrown away")]
        rand::random::<u32>(),
        2,
    ];
    match n {
        #[mainspring::allow(MS0405, reason = "the same on all workers")]
        1 => std::env::args().count() as u32,
        _ => list.len() as u32,
    }
}

#[workflow_fn]
#[mainspring::allow(MS0102, reason = "only for a metric")]
pub async fn behind() -> bool {
    std::time::Instant::now().elapsed().is_zero()
}

#[mainspring::allow(MS0102, reason = "only for a metric")]
#[workflow_fn]
pub async fn before() -> bool {
    std::time::Instant::now().elapsed().is_zero()
}

pub struct W;

#[workflow]
impl W {
    #[mainspring::allow(MS0604, reason = "the pointer is to a local")]
    fn method(&self) -> u8 {
        unsafe { *std::ptr::from_ref(&1) }
    }
}

/// Nothing but the handlers of one run shares it.
#[derive(Default)]
struct Counted {
    turns: std::sync::atomic::AtomicU32,
}

#[mainspring::allow(MS0502, reason = "counts turns for a log line")]
#[workflow]
impl Counted {
    #[run]
    async fn run(&self) -> Result<()> {
        workflow::info!("{:?}", self.turns);
        Ok(())
    }
}

#[test]
fn compiles() {
    let _ = W.method();
}
