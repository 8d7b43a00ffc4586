use mainspring::prelude::*;

#[workflow]
async fn add(first: _) -> Result<u32> {
    Ok(first)
}

fn main() {}
