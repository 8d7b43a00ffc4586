//! Shopping cart: one workflow for each customer. The cart is its state; updates change it and
//! answer at once, queries read it, and a customer who forgets the cart is reminded.

use std::collections::BTreeMap;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use serde::{Deserialize, Serialize};

/// How long a cart may lie untouched before its owner is reminded.
const PATIENCE: &str = "200ms";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// Quantities by article; ordered, so that replay sees them in the same order.
    pub items: BTreeMap<String, u32>,
    pub total_cents: u64,
}

#[activity_interface(start_to_close = "5s")]
pub trait Shop {
    /// The price of an article in cents.
    async fn price(&self, article: String) -> Result<u64, ActivityError>;
    async fn remind(&self, customer: String) -> Result<(), ActivityError>;
    /// Takes the money and returns the order's number.
    async fn check_out(&self, customer: String, cents: u64) -> Result<String, ActivityError>;
}

#[workflow_interface]
pub trait Cart {
    /// Returns the order's number.
    #[run]
    async fn shop(&self, customer: String) -> Result<String>;
    /// Adds an article and returns what is in the cart by then.
    #[update(validator = check_quantity)]
    async fn add(&self, article: String, quantity: u32) -> Result<Contents>;
    #[update]
    async fn remove(&self, article: String) -> Result<Contents>;
    #[signal]
    fn check_out(&self);
    #[query]
    fn contents(&self) -> Contents;
}

#[derive(Default)]
pub struct CartWorkflow {
    contents: State<Contents>,
    prices: State<BTreeMap<String, u64>>,
    changes: State<u64>,
    leaving: State<bool>,
}

#[workflow]
impl Cart for CartWorkflow {
    async fn shop(&self, customer: String) -> Result<String> {
        let shop = ShopStub::default();
        let mut reminded = false;
        while !self.leaving.get() {
            let seen = self.changes.get();
            let touched = workflow::wait_until(|| self.leaving.get() || self.changes.get() != seen);
            let idle = touched.timeout(PATIENCE).await?.is_err();
            let forgotten = idle && !reminded && !self.contents.borrow().items.is_empty();
            if forgotten {
                shop.remind(&customer).await?;
                reminded = true;
            }
        }
        let total = self.contents.borrow().total_cents;
        Ok(shop.check_out(&customer, total).await?)
    }

    fn check_quantity(&self, article: &String, quantity: &u32) -> Result<()> {
        if *quantity == 0 {
            let message = format!("how many of {article}?");
            return Err(WorkflowError::new("InvalidQuantity", message));
        }
        Ok(())
    }

    async fn add(&self, article: String, quantity: u32) -> Result<Contents> {
        if !self.prices.borrow().contains_key(&article) {
            let price = ShopStub::default().price(&article).await?;
            self.prices
                .update(|prices| prices.insert(article.clone(), price));
        }
        self.contents
            .update(|cart| *cart.items.entry(article).or_default() += quantity);
        Ok(self.changed())
    }

    async fn remove(&self, article: String) -> Result<Contents> {
        self.contents.update(|cart| cart.items.remove(&article));
        Ok(self.changed())
    }

    fn check_out(&self) {
        self.leaving.set(true);
    }

    fn contents(&self) -> Contents {
        self.contents.get()
    }
}

impl CartWorkflow {
    fn changed(&self) -> Contents {
        self.changes.update(|changes| *changes += 1);
        let prices = self.prices.borrow();
        self.contents.update(|cart| {
            let cost =
                |(article, quantity): (&String, &u32)| prices[article] * u64::from(*quantity);
            cart.total_cents = cart.items.iter().map(cost).sum();
            cart.clone()
        })
    }
}

/// A shop where everything costs a hundred cents a letter.
#[derive(Default)]
pub struct CornerShop;

#[activity]
impl Shop for CornerShop {
    async fn price(&self, article: String) -> Result<u64, ActivityError> {
        Ok(article.len() as u64 * 100)
    }

    async fn remind(&self, customer: String) -> Result<(), ActivityError> {
        println!("{customer}, you left something in your cart");
        Ok(())
    }

    async fn check_out(&self, customer: String, cents: u64) -> Result<String, ActivityError> {
        Ok(format!("order of {customer} for {cents} cents"))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let env = TestEnv::from_env().await?;
    let client = env.client().with_task_queue("carts");
    let worker = Worker::new(&client, "carts").start()?;

    let cart = client.workflow(Cart, format!("cart-{}", std::process::id()));
    let run = cart.shop("Ada").start().await?;
    cart.add("apple", 3).await?;
    cart.add("pear", 1).await?;
    println!("{:?}", cart.remove("pear").await?);
    cart.check_out().await?;
    println!("{}", run.result().await?);

    worker.shutdown().await?;
    env.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[mainspring::test]
    async fn a_cart_is_filled_forgotten_and_paid(env: TestEnv) -> Result<()> {
        let shop = ShopMock::new(&env);
        let priced = shop.price(|_| Ok(500));
        let reminded = shop.remind(|_| Ok(()));
        shop.check_out(|customer, cents| Ok(format!("order of {customer} for {cents} cents")));
        let cart = env.client().workflow(Cart, "cart-1");
        let run = cart.shop("Ada").start().await?;

        let filled = cart.add("apple", 2).await?;
        assert_eq!(filled.total_cents, 1_000);
        let refused = cart.add("pear", 0).await;
        let refused = refused.expect_err("none is no quantity");
        assert!(
            format!("{refused:?}").contains("how many of pear?"),
            "{refused:?}"
        );
        assert_eq!(cart.contents().await?, filled);
        assert_eq!(priced.count(), 1);

        env.advance(PATIENCE).await?;
        assert_eq!(reminded.calls(), [("Ada".to_owned(),)]);
        cart.check_out().await?;
        assert_eq!(run.result().await?, "order of Ada for 1000 cents");
        Ok(())
    }
}
