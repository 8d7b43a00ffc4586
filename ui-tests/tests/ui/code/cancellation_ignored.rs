#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = workflow::sleep("1 day").await;
    let _ = mainspring::workflow::wait_until(|| true).await;
}

fn main() {}
