use mainspring::prelude::*;

#[activity]
async fn ship(order: u32) -> Result<(), ActivityError> { drop(order); Ok(()) }

#[workflow]
async fn order() -> Result<()> {
    Ok(ship(1).with(ActivityOptions::new().heartbeat("1s")).await?)
}

fn main() {}
