use mainspring::prelude::*;

#[activity(retry(maximum_attempts = 3))]
async fn ship(order: u32) -> Result<(), ActivityError> { drop(order); Ok(()) }

#[workflow]
async fn order() -> Result<()> {
    Ok(ship(1).start().await?)
}

fn main() {}
