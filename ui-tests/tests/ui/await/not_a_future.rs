use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    7u32.await
}

fn main() {}
