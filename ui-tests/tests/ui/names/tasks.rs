use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    tokio::spawn(async {});
    tokio::task::spawn_blocking(|| {});
    std::thread::spawn(|| {});
}

fn main() {}
