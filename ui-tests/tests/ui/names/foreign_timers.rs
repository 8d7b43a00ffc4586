use mainspring::prelude::*;
use std::time::Duration;

#[workflow_fn]
async fn run() {
    let _ = tokio::time::sleep(Duration::ZERO);
    let _ = tokio::time::interval(Duration::from_secs(1));
    std::hint::spin_loop();
}

fn main() {}
