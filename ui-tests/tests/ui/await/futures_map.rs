use futures::FutureExt;
use mainspring::prelude::*;

#[workflow_fn]
async fn one() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    one().map(|n| n + 1).await
}

fn main() {}
