use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = std::thread::available_parallelism();
    let _ = std::thread::current();
    let _ = std::env::args();
}

fn main() {}
