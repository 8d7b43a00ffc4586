//! The stub of an activity interface has the activities of all interfaces that it inherits.
use mainspring::prelude::*;
use mainspring::workflow::NoTimeout;

mod api {
    use mainspring::prelude::*;
    #[activity_interface(start_to_close = "1s")]
    pub trait Weighing {
        async fn weigh(&self, order: u32) -> u32;
    }
    #[activity_interface]
    pub trait Packing: Weighing {
        async fn pack(&self, order: u32) -> u32;
    }
}
use api::Packing as Packs;

/// No interface: a local trait without our attribute.
trait Named {
    fn name(&self) -> &str {
        "named"
    }
}

#[activity_interface(start_to_close = "1s")]
trait Billing {
    async fn bill(&self, order: u32) -> u32;
}

#[activity_interface]
trait Shipping: Packs + Billing + Named + std::fmt::Debug
where
    Self: std::hash::Hash,
{
    async fn ship(&self, order: u32) -> u32;
}

#[derive(Default, Debug, Hash)]
struct Warehouse;

impl Named for Warehouse {}

#[activity]
impl Shipping for Warehouse {
    async fn ship(&self, order: u32) -> u32 {
        order + self.name().len() as u32
    }
}

#[activity]
impl Billing for Warehouse {
    async fn bill(&self, order: u32) -> u32 {
        order
    }
}

#[activity]
impl Packs for Warehouse {
    async fn pack(&self, order: u32) -> u32 {
        order
    }
}

#[activity]
impl api::Weighing for Warehouse {
    async fn weigh(&self, order: u32) -> u32 {
        order
    }
}

#[workflow]
async fn all_of_them() -> Result<u32> {
    let shipping = ShippingStub::new(ActivityOptions::new().start_to_close("1s"));
    let sum = shipping.ship(1).await? + shipping.pack(1).await?;
    Ok(sum + shipping.weigh(1).await? + shipping.clone().bill(1).await?)
}

#[workflow_fn]
async fn timeouts_of_attributes(shipping: &ShippingStub<NoTimeout>) -> Result<u32> {
    Ok(shipping.weigh(1).await? + shipping.bill(1).await?)
}

#[test]
fn compiles() {
    let _ = timeouts_of_attributes(&ShippingStub::default());
}
