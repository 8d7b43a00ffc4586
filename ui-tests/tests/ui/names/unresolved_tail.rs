use mainspring::prelude::*;
use std::*;

#[workflow_fn]
async fn run() {
    thread::sleep(time::Duration::ZERO);
    let _ = env::var("X");
}

fn main() {}
