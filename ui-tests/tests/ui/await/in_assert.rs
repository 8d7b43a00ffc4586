use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() {
    assert!(helper().await > 0);
}

fn main() {}
