use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    let f = async |x: u32| x + 1;
    f(1).await
}

fn main() {}
