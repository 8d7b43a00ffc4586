use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    select! {}
}

fn main() {}
