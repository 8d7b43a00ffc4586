use mainspring::prelude::*;

#[activity]
async fn ship(order: u32) -> Result<u32, ActivityError> { Ok(order) }

#[workflow]
async fn order(orders: Vec<u32>) -> Result<u32> {
    let calls = orders.into_iter().map(ship);
    Ok(workflow::try_join_all(calls).await?.len() as u32)
}

fn main() {}
