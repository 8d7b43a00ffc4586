use mainspring::prelude::*;

#[workflow]
async fn add(first: u32) -> Result<u32>
where
    u32: Copy,
{
    Ok(first)
}

fn main() {}
