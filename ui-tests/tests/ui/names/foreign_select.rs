use mainspring::prelude::*;

#[workflow_fn]
async fn one() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    tokio::select! {
        x = one() => x,
        y = one() => y,
    }
}

fn main() {}
