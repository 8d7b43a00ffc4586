use mainspring::prelude::*;

#[activity_interface]
trait Shipping {
    async fn ship(&self, order: u32) -> u32;
    #[activity(start_to_close = "10s")]
    async fn weigh(&self, order: u32) -> u32;
}

#[workflow]
async fn order() -> Result<u32> {
    let shipping = ShippingStub::new(ActivityOptions::new().task_queue("shipping"));
    Ok(shipping.weigh(1).await? + shipping.ship(1).await?)
}

fn main() {}
