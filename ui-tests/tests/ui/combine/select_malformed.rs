use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    select! {
        workflow::sleep("1s") => 0,
    }
}

fn main() {}
