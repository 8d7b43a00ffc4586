//! A workflow without an interface of its own.
use mainspring::prelude::*;

#[derive(Default)]
pub struct Order {
    paid: State<u64>,
}

/// An order.
#[workflow(name = "order", task_queue = "orders")]
impl Order {
    /// Waits for the money.
    #[run]
    pub async fn run(&self, total: u64) -> Result<u64> {
        workflow::wait_until(|| self.paid.get() >= total).await?;
        self.helper().await
    }
    #[signal]
    pub fn pay(&self, cents: u64) {
        self.paid.update(|paid| *paid += cents)
    }
    #[query]
    pub fn paid(&self) -> u64 {
        self.paid.get()
    }
    #[update(validator = positive)]
    pub async fn refund(&self, cents: u64) -> Result<u64> {
        self.paid.update(|paid| *paid -= cents);
        Ok(self.paid.get())
    }
    #[validator]
    fn positive(&self, cents: &u64) -> Result<()> {
        if *cents == 0 {
            Err(ApplicationError::new("Zero", "nothing to refund").into())
        } else {
            Ok(())
        }
    }
    async fn helper(&self) -> Result<u64> {
        workflow::sleep("1s").await?;
        Ok(self.paid.get())
    }
}

pub async fn client(client: &mainspring::Client) -> Result<u64> {
    let order = client.workflow(Order::INTERFACE, "id");
    order.pay(3).await?;
    let _: u64 = order.refund(1).await?;
    Ok(order.run(3).await?)
}

#[workflow_fn]
pub async fn parent() -> Result<u64> {
    Order::INTERFACE.external("x").pay(1).await?;
    Ok(Order::INTERFACE.child().id("y").run(1).await?)
}

#[test]
fn compiles() {
    assert!(
        mainspring::registry::workflows()
            .iter()
            .any(|it| it.name() == "order")
    );
}
