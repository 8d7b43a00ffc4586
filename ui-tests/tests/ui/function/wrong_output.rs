use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> Result<u64> {
    Ok("x")
}

fn main() {}
