use mainspring::prelude::*;

#[activity]
async fn ship(order: u32) -> Result<u32, ActivityError> { Ok(order) }

#[workflow]
async fn order() -> Result<()> {
    select! {
        shipped = ship(1) => { shipped?; }
        _ = workflow::sleep("1m") => {}
    }
    Ok(())
}

fn main() {}
