use mainspring::prelude::*;

#[activity]
async fn ship(order: u32) -> Result<u32, ActivityError> { Ok(order) }

#[workflow]
async fn order() -> Result<()> {
    let _ = workflow::race([ship(1), ship(2)]).await;
    let _ = workflow::timeout("1m", ship(1)).await;
    let _ = workflow::detached(ship(1)).await;
    let _ = workflow::join_all([ship(1)]).await;
    Ok(())
}

fn main() {}
