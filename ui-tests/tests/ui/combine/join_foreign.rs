use mainspring::prelude::*;

async fn helper() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> (u32, u32) {
    join!(helper(), std::future::ready(2))
}

fn main() {}
