use mainspring::prelude::*;

#[activity(heartbeat = "1s")]
async fn ship(order: u32) -> Result<u32, ActivityError> { Ok(order) }

#[workflow]
async fn order() -> Result<u32> {
    let (a, b) = join!(ship(1).schedule_to_close("1m"), ship(2));
    Ok(a? + b?)
}

fn main() {}
