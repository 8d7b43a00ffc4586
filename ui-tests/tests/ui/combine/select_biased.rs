use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    select! {
        biased;
        _ = workflow::sleep("1s") => 0,
    }
}

fn main() {}
