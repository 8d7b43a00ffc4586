use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    let x = ;
    x.
}

fn main() {}
