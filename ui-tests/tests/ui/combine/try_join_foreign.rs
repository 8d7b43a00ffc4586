use mainspring::prelude::*;

async fn helper() -> Result<u32> {
    Ok(1)
}

#[workflow_fn]
async fn run() -> Result<(u32, u32)> {
    try_join!(helper(), helper())
}

fn main() {}
