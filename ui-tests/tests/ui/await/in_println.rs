use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() {
    #[mainspring::allow(MS0407, reason = "for a demonstration")]
    println!("{}", helper().await);
}

fn main() {}
