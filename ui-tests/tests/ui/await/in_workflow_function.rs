use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow]
async fn run() -> u32 {
    helper().await
}

fn main() {}
