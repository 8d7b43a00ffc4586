#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> bool {
    cfg!(debug_assertions) || option_env!("COMMIT").is_some()
}

fn main() {}
