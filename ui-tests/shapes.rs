//! Every shape of item and of call, for crates that differ in what is around them: the edition, or the name by which they
//! know `mainspring`. Each includes this file as a module, and calls the crate `krate` for it.

use std::collections::BTreeMap;

use crate::krate::prelude::*;
use crate::krate::{ActivityOptions, BoxDurable, Client, Durable, State};
use serde::{Deserialize, Serialize};

/// What is ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub sku: u32,
}

/// Weights.
#[activity_interface(start_to_close = "1s")]
pub trait Weights {
    /// One weight.
    fn weight(&self, item: Item) -> u32;
}

/// Prices.
#[activity_interface(
    name_prefix = "Prices_",
    rename_all = "camelCase",
    start_to_close = "10s",
    retry(maximum_attempts = 3, non_retryable = ["Unknown"])
)]
pub trait Prices: Weights {
    /// One price.
    async fn one_price(&self, item: Item) -> Result<u64, ActivityError>;
    /// The currency.
    #[activity(name = "currency", local)]
    fn currency(&self) -> String;
}

/// The same everywhere.
#[derive(Debug, Default)]
pub struct Fixed;

#[activity]
impl Prices for Fixed {
    async fn one_price(&self, item: Item) -> Result<u64, ActivityError> {
        Ok(u64::from(item.sku))
    }
    fn currency(&self) -> String {
        "EUR".into()
    }
}

#[activity]
impl Weights for Fixed {
    fn weight(&self, item: Item) -> u32 {
        item.sku
    }
}

/// Needs a connection, which the worker is given.
#[derive(Debug)]
pub struct Connected(pub u32);

#[activity(task_queue = "connected", start_to_close = "1m")]
impl Connected {
    /// How many there are.
    #[activity]
    pub async fn count(&self, (min, max): (u32, u32), _: u8) -> u32 {
        self.0.clamp(min, max)
    }
}

/// Ships.
#[activity(start_to_close = "1m", heartbeat = "5s")]
pub async fn ship(item: Item) -> Result<(), ActivityError> {
    println!("ships {}", item.sku);
    Ok(())
}

/// Waits on its thread.
#[activity(start_to_close = "1m")]
pub fn pack(items: Vec<Item>) -> u32 {
    items.len() as u32
}

/// Whatever is called.
#[activity(dynamic)]
pub async fn anything(args: EncodedValues) -> Result<u32, ActivityError> {
    drop(args);
    Ok(1)
}

/// What can be paused.
#[workflow_interface]
pub trait Pausable {
    /// Not now.
    #[signal(unfinished = "abandon")]
    async fn pause(&self) -> Result<()>;
    /// Whether it is.
    #[query]
    fn is_paused(&self) -> bool;
}

/// An order.
#[workflow_interface(
    name = "order-of-shapes",
    rename_all = "kebab-case",
    task_queue = "orders"
)]
pub trait Order: Pausable {
    /// Waits for the money, then ships.
    #[run]
    async fn order(&self, items: Vec<Item>, name: String) -> Result<u64>;
    /// The money.
    #[signal]
    fn pay(&self, cents: u64);
    /// How much is there.
    #[query(name = "how-much")]
    fn paid(&self) -> u64;
    /// One more item.
    #[update(validator = known)]
    async fn add_item(&self, item: Item) -> Result<()>;
    /// What has no handler.
    #[signal(dynamic)]
    fn other(&self, name: String, args: EncodedValues);
    /// Not any more.
    #[deprecated(note = "use `pay`")]
    #[signal]
    fn pay_all(&self) {}
    /// Never.
    #[cfg(any())]
    #[update]
    async fn never(&self, missing: Missing);
}

/// See [`trait@Order`].
pub struct OrderWorkflow {
    paid: State<u64>,
    paused: State<bool>,
    items: State<BTreeMap<u32, Item>>,
}

#[workflow]
impl Order for OrderWorkflow {
    #[init]
    fn new(items: &[Item], _name: &str) -> Self {
        let items = items.iter().map(|item| (item.sku, item.clone()));
        Self {
            paid: State::new(0),
            paused: State::new(false),
            items: State::new(items.collect()),
        }
    }
    async fn order(&self, items: Vec<Item>, name: String) -> Result<u64> {
        let prices = PricesStub::default();
        let near = PricesStub::new(ActivityOptions::new().local());
        let calls = items.iter().map(|item| prices.one_price(item.clone()));
        let total: u64 = workflow::try_join_all(calls).await?.iter().sum();
        select! {
            paid = workflow::wait_until(|| self.paid.get() >= total) => paid?,
            _ = workflow::sleep("1 day"), if total > 0 => return Ok(0),
        }
        let (currency, ()) = try_join!(near.currency(), async { ship(items[0].clone()).await })?;
        let (weight, packed) = join!(prices.weight(items[0].clone()), pack(items.clone()).start());
        let count = ConnectedStub::new(ActivityOptions::new().task_queue("connected"));
        let count = count.count((1, 2), 3).await?;
        #[crate::krate::allow(MS0203, reason = "shows that the exception is known by this name")]
        let text = format!("{currency}{total}{name}{count}");
        self.both(&text, &mut weight?, packed?).await
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
    async fn add_item(&self, item: Item) -> Result<()> {
        self.items.update(|items| items.insert(item.sku, item));
        Ok(())
    }
    fn other(&self, _name: String, args: EncodedValues) {
        drop(args);
    }
}

#[workflow]
impl Pausable for OrderWorkflow {
    async fn pause(&self) -> Result<()> {
        self.paused.set(true);
        workflow::sleep("1h").await?;
        self.paused.set(false);
        Ok(())
    }
    fn is_paused(&self) -> bool {
        self.paused.get()
    }
}

#[workflow]
impl OrderWorkflow {
    async fn both(&self, text: &str, weight: &mut u32, packed: u32) -> Result<u64> {
        *weight += packed;
        let started = workflow::now();
        let list = (0..3).map(|sku| async move { ship(Item { sku }).await });
        let shipped = workflow::join_all(list).await;
        let longest = borrows(text, "b", 1).await?;
        let _: std::time::Duration = workflow::now().duration_since(started).unwrap_or_default();
        Ok(u64::from(*weight) + longest.len() as u64 + shipped.len() as u64)
    }
}

/// Not an interface; by its own name.
#[derive(Default)]
pub struct Parcel {
    sent: State<bool>,
}

#[workflow(name = "parcel-of-shapes", rename_all = "camelCase")]
impl Parcel {
    /// Waits until it is sent.
    #[run]
    pub async fn run(&self) -> bool {
        let sent = workflow::wait_until(|| self.sent.get()).await;
        sent.is_ok() && countdown(3).await
    }
    /// It is.
    #[signal]
    pub fn was_sent(&self) {
        self.sent.set(true)
    }
    /// Whether it is, changed.
    #[update(validator = may)]
    pub async fn set_sent(&self, sent: bool) -> Result<bool> {
        Ok(self.sent.replace(sent))
    }
    #[validator]
    fn may(&self, sent: &bool) -> Result<()> {
        let _ = sent;
        Ok(())
    }
}

/// Whatever is started.
#[workflow(dynamic, name = "any-of-shapes")]
pub async fn any_workflow(args: EncodedValues) -> Result<u32> {
    drop(args);
    Ok(1)
}

/// A child, a message to another workflow.
#[workflow(name = "parent-of-shapes")]
pub async fn parent(item: Item) -> Result<u64> {
    Order.external("other").pause().await?;
    let parcel = Parcel::INTERFACE.child().id("p");
    parcel.run().await?;
    Ok(Order.child().order(vec![item], "x").await?)
}

/// What `impl` captures is decided by the edition of the macro, not of this crate.
#[workflow_fn]
pub async fn borrows<'a>(a: &'a str, b: &str, mut n: u32) -> Result<&'a str> {
    n += b.len() as u32;
    workflow::sleep(std::time::Duration::from_secs(n.into())).await?;
    Ok(a)
}

/// Calls itself.
#[workflow_fn]
pub async fn countdown(n: u32) -> bool {
    if n == 0 {
        return true;
    }
    let next: BoxDurable<'_, bool> = crate::krate::boxed(countdown(n - 1));
    both_ways(next).await
}

/// Any durable operation.
#[workflow_fn]
pub async fn both_ways<T: Send>(operation: impl Durable<Output = T>) -> T {
    operation.await
}

/// What a client writes.
pub async fn client(client: &Client) -> Result<u64> {
    let order = client.workflow(Order, "id");
    order.pay(3u64).await?;
    order.pause().await?;
    order.add_item(Item { sku: 1 }).await?;
    let _: u64 = order.paid().await?;
    let _: bool = client
        .workflow(Parcel::INTERFACE, "p")
        .set_sent(true)
        .await?;
    let _ = client
        .workflow(parent, "q")
        .execute(Item { sku: 1 })
        .await?;
    Ok(order.order(vec![], "x").start().await?.result().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_registered() {
        let workflows = crate::krate::registry::workflows();
        let mut names: Vec<&str> = workflows.iter().map(|it| it.name()).collect();
        names.retain(|name| name.ends_with("-of-shapes"));
        names.sort_unstable();
        let all = [
            "any-of-shapes",
            "order-of-shapes",
            "parcel-of-shapes",
            "parent-of-shapes",
        ];
        assert_eq!(names, all);
        let activities = crate::krate::registry::activities();
        let names: Vec<&str> = activities.iter().map(|it| it.name()).collect();
        for name in [
            "Prices_onePrice",
            "currency",
            "weight",
            "count",
            "ship",
            "pack",
        ] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        use crate::krate::Activity;
        assert_eq!(<ship as Activity>::NAME, "ship");
    }

    #[test]
    fn bodies_of_activities_are_plain_functions() {
        assert_eq!(pack::run(vec![Item { sku: 1 }]), 1);
    }
}
