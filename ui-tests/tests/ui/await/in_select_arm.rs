use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    select! {
        _ = workflow::sleep("1s") => helper().await,
        _ = workflow::sleep("2s") => 0,
    }
}

fn main() {}
