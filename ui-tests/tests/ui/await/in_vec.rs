use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> Vec<u32> {
    vec![helper().await]
}

fn main() {}
