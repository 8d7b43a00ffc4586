#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    #[cfg(debug_assertions)]
    workflow::info!("a check");
    line!()
}

fn main() {}
