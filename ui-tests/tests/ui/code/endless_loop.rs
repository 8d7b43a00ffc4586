#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    loop {
        let _ = workflow::sleep("1 day").await;
    }
}

fn main() {}
