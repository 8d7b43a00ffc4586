use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    async fn inner() -> u32 {
        1
    }
    inner().await
}

fn main() {}
