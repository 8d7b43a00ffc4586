use mainspring::prelude::*;

#[activity(local)]
async fn weigh(order: u32) -> Result<u32, ActivityError> { Ok(order) }

#[workflow]
async fn order() -> Result<u32> {
    Ok(weigh(1).summary("x").await?)
}

fn main() {}
