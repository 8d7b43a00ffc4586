use mainspring::prelude::*;

#[workflow_fn]
async fn run(n: u32) -> u32 {
    let f = async move || n + 1;
    f().await
}

fn main() {}
