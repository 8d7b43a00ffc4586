#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    loop {
        workflow::sleep("1 day").await.ok();
    }
}

fn main() {}
