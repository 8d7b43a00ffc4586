use mainspring::prelude::*;

#[activity]
async fn ship(order: u32) -> Result<(), ActivityError> { drop(order); Ok(()) }

#[workflow]
async fn order() -> Result<()> {
    ship(1).await?;
    Ok(ship(2).start_to_close("10s").await?)
}

fn main() {}
