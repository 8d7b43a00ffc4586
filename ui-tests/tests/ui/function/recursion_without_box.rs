use mainspring::prelude::*;

#[workflow_fn]
async fn run(n: u32) -> u32 {
    if n == 0 { 0 } else { run(n - 1).await }
}

fn main() {}
