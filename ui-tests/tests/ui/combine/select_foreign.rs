use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    select! {
        x = helper() => x,
        _ = workflow::sleep("1s") => 0,
    }
}

fn main() {}
