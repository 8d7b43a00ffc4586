use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = chrono::Local;
}

fn main() {}
