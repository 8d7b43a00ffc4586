use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    select! {
        _ = workflow::sleep("1s") => 0,
        else => 1,
    }
}

fn main() {}
