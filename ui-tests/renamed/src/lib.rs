//! All that expansions name is found by the name in this crate's manifest, and there is no `tokio`, no `futures` and no
//! `mainspring` to be found by accident.

#![deny(warnings)]

use flows::prelude::*;
use serde::{Deserialize, Serialize};

/// What is ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub sku: u32,
}

/// Prices.
#[activity_interface(start_to_close = "10s", retry(maximum_attempts = 3))]
pub trait Prices {
    /// One price.
    async fn price(&self, item: Item) -> Result<u64, ActivityError>;
    /// The currency.
    fn currency(&self) -> String;
}

/// The same everywhere.
#[derive(Debug, Default)]
pub struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn price(&self, item: Item) -> Result<u64, ActivityError> {
        Ok(u64::from(item.sku))
    }
    fn currency(&self) -> String {
        "EUR".into()
    }
}

/// Ships.
#[activity(start_to_close = "1m")]
pub async fn ship(item: Item) -> Result<(), ActivityError> {
    println!("ships {}", item.sku);
    Ok(())
}

/// An order.
#[workflow_interface]
pub trait Order {
    /// Waits for the money, then ships.
    #[run]
    async fn order(&self, items: Vec<Item>) -> Result<u64>;
    /// The money.
    #[signal]
    fn pay(&self, cents: u64);
    /// How much is there.
    #[query]
    fn paid(&self) -> u64;
    /// One more item.
    #[update(validator = known)]
    async fn add(&self, item: Item) -> Result<()>;
}

/// See [`trait@Order`].
#[derive(Default)]
pub struct OrderWorkflow {
    paid: State<u64>,
    items: State<Vec<Item>>,
}

#[workflow(task_queue = "orders")]
impl Order for OrderWorkflow {
    async fn order(&self, items: Vec<Item>) -> Result<u64> {
        let prices = PricesStub::default();
        let total: u64 =
            workflow::try_join_all(items.iter().map(|item| prices.price(item.clone())))
                .await?
                .iter()
                .sum();
        select! {
            paid = workflow::wait_until(|| self.paid.get() >= total) => paid?,
            _ = workflow::sleep("1 day") => return Ok(0),
        }
        let (currency, ()) = try_join!(prices.currency(), async { ship(items[0].clone()).await })?;
        #[flows::allow(MS0203, reason = "shows that the exception is known by this name")]
        let text = format!("{currency}{total}");
        Ok(text.len() as u64)
    }
    fn pay(&self, cents: u64) {
        self.paid.update(|paid| *paid += cents)
    }
    fn paid(&self) -> u64 {
        self.paid.get()
    }
    fn known(&self, item: &Item) -> Result<()> {
        if item.sku == 0 {
            return Err(ApplicationError::new("Unknown", "no such item").into());
        }
        Ok(())
    }
    async fn add(&self, item: Item) -> Result<()> {
        self.items.update(|items| items.push(item));
        Ok(())
    }
}

/// A function of the same.
#[workflow]
pub async fn one(item: Item) -> Result<u64> {
    Ok(Order.child().order(vec![item]).await?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_of_it_is_registered() {
        assert_eq!(flows::registry::workflows().len(), 2);
        assert_eq!(flows::registry::activities().len(), 3);
    }
}
