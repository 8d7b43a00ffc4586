use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> String {
    format!("{}", helper().await)
}

fn main() {}
