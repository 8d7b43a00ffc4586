use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> Result<u64> {
    let _x = 1;
}

fn main() {}
