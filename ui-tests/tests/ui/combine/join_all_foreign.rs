use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> Vec<u32> {
    workflow::join_all([helper(), helper()]).await
}

fn main() {}
