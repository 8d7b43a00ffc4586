use mainspring::prelude::*;
use std::time::*;

#[workflow_fn]
async fn run() {
    let _ = SystemTime::now();
}

fn main() {}
