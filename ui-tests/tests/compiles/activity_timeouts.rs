//! Every way in which the call of an activity gets the timeout that it needs.
use mainspring::prelude::*;
use mainspring::workflow::{ActivityCall, NoTimeout, TimeoutSet};

#[activity]
async fn ship(order: u32) -> Result<u32, ActivityError> {
    Ok(order)
}

#[activity(schedule_to_close = "1m")]
async fn pack(order: u32) -> Result<u32, ActivityError> {
    Ok(order)
}

#[activity_interface]
trait Shipping {
    async fn send(&self, order: u32) -> u32;
    #[activity(start_to_close = "10s")]
    async fn weigh(&self, order: u32) -> u32;
}

fn patient() -> ActivityOptions {
    ActivityOptions::new().start_to_close("1h")
}

fn far() -> ActivityOptions<NoTimeout> {
    ActivityOptions::new().task_queue("far")
}

#[workflow_fn]
async fn at_the_call() -> Result<u32> {
    let started = ship(1).start_to_close("1s").start();
    let given = ship(2).summary("x").schedule_to_close("1s").local().await?;
    let named: u32 = workflow::untyped_activity("ship")
        .start_to_close("1s")
        .call((3,))
        .await?;
    let later: u32 = workflow::untyped_activity("ship")
        .call((3,))
        .start_to_close("1s")
        .await?;
    Ok(started.await? + given + named + later + pack(4).with(far()).await?)
}

#[workflow_fn]
async fn by_options() -> Result<u32> {
    let both = far().or(patient());
    let untyped = workflow::untyped_activity("ship").with(both.clone());
    let named: u32 = untyped.call((1,)).await?;
    Ok(ship(2).with(patient()).with(far()).await? + ship(3).with(both).await? + named)
}

#[workflow_fn]
async fn by_stubs(far_away: ShippingStub<NoTimeout>) -> Result<u32> {
    let shipping = ShippingStub::new(patient());
    let sent = with_a_stub(&shipping).await?;
    let weighed = far_away.weigh(1).await? + ShippingStub::default().weigh(1).await?;
    Ok(sent + weighed + far_away.send(1).start_to_close("1s").await?)
}

#[workflow_fn]
async fn with_a_stub(shipping: &ShippingStub) -> Result<u32> {
    Ok(shipping.send(1).await?)
}

#[workflow_fn]
async fn of_a_list(orders: Vec<u32>) -> Result<u32> {
    let calls: Vec<ActivityCall<ship, TimeoutSet>> = orders
        .into_iter()
        .map(ship)
        .map(|call| call.start_to_close("1s"))
        .collect();
    Ok(workflow::try_join_all(calls).await?.len() as u32)
}

#[test]
fn compiles() {
    let _ = (at_the_call(), by_options(), of_a_list(vec![]));
    let _ = by_stubs(ShippingStub::new(far()));
}
