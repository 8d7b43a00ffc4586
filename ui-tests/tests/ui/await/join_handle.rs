use mainspring::prelude::*;

#[workflow_fn]
async fn run(handle: tokio::task::JoinHandle<u32>) -> bool {
    handle.await.is_ok()
}

fn main() {}
