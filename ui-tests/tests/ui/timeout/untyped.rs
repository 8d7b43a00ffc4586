use mainspring::prelude::*;

#[workflow]
async fn order() -> Result<u32> {
    let ship = workflow::untyped_activity("ship").task_queue("python");
    let shipped: u32 = ship.call((1,)).await?;
    Ok(shipped)
}

fn main() {}
