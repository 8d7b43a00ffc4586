use mainspring::prelude::*;

async fn helper(n: u32) -> u32 {
    n
}

#[workflow_fn]
async fn run() -> u32 {
    let later = |n| async move { helper(n).await };
    later(1).await
}

fn main() {}
