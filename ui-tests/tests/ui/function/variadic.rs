use mainspring::prelude::*;

#[workflow]
async fn add(first: u32, ...) -> Result<u32> {
    Ok(first)
}

fn main() {}
