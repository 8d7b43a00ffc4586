use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    #[mainspring::allow(MS0307, reason = "it is pure")]
    helper().await
}

fn main() {}
