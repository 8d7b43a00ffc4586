//! Updates, with and without validators.

use mainspring::prelude::*;

use crate::World;

#[workflow_interface]
pub trait Cart {
    #[run]
    async fn shop(&self) -> Result<u32>;
    #[update(validator = check_add)]
    async fn add(&self, item: String, amount: u32) -> Result<u32>;
    #[update]
    async fn pay(&self) -> Result<u32>;
}

#[derive(Default)]
pub struct ShoppingCart {
    items: State<u32>,
    paid: State<bool>,
}

#[workflow]
impl Cart for ShoppingCart {
    async fn shop(&self) -> Result<u32> {
        workflow::wait_until(|| self.paid.get()).await?;
        workflow::wait_until(workflow::all_handlers_finished).await?;
        Ok(self.items.get())
    }

    async fn add(&self, _item: String, amount: u32) -> Result<u32> {
        self.items.update(|items| *items += amount);
        workflow::sleep("10ms").await?;
        Ok(self.items.get())
    }

    fn check_add(&self, item: &String, amount: &u32) -> Result<()> {
        if *amount == 0 {
            return Err(ApplicationError::new("Nothing", format!("no {item}")).into());
        }
        Ok(())
    }

    async fn pay(&self) -> Result<u32> {
        if self.items.get() == 0 {
            return Err(ApplicationError::new("Empty", "nothing to pay for").into());
        }
        self.paid.set(true);
        Ok(self.items.get())
    }
}

#[tokio::test]
async fn an_update_returns_what_its_handler_does() {
    let world = World::new().await;
    let cart = world.client.workflow(Cart, world.id("cart"));
    let run = cart.shop().start().await.expect("it starts");
    assert_eq!(cart.add("pen", 2).await.expect("it is accepted"), 2);
    assert_eq!(cart.add("ink", 1).await.expect("it is accepted"), 3);
    assert_eq!(cart.pay().await.expect("it is accepted"), 3);
    assert_eq!(run.result().await.expect("it completes"), 3);
}

#[tokio::test]
async fn a_validator_refuses() {
    let world = World::new().await;
    let cart = world.client.workflow(Cart, world.id("refused"));
    cart.shop().start().await.expect("it starts");
    let refused = cart.add("pen", 0).await.expect_err("it is refused");
    let failure = refused.failure().expect("it says why");
    assert_eq!(failure.to_string(), "Nothing: no pen");
    assert_eq!(cart.add("pen", 1).await.expect("it is accepted"), 1);
}

#[tokio::test]
async fn a_failing_handler_fails_its_update_only() {
    let world = World::new().await;
    let cart = world.client.workflow(Cart, world.id("failing"));
    cart.shop().start().await.expect("it starts");
    let failed = cart.pay().await.expect_err("it fails");
    assert_eq!(failed.failure().expect("it says why").error_type(), "Empty");
    assert_eq!(cart.add("pen", 1).await.expect("it is accepted"), 1);
}
