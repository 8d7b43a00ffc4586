use mainspring::prelude::*;

#[workflow_fn]
async fn wait() {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

fn main() {}
