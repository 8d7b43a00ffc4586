use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    helper().await
}

fn main() {}
