#![deny(unused_must_use)]
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
async fn other() {}

#[workflow]
async fn run() -> Result<()> {
    price(1);
    other();
    async {};
    workflow::sleep("1s");
    Ok(())
}

fn main() {}
