use mainspring::prelude::*;

#[workflow_fn]
async fn one() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    let _ = tokio::runtime::Handle::current();
    futures::executor::block_on(one())
}

fn main() {}
