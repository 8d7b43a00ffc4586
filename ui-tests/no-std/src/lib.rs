#![no_std]
//! Strict mode: a crate of workflows without `std`. Expansions name only `core` and `mainspring`.
extern crate alloc;
use alloc::{format, string::String, vec::Vec};
use mainspring::{
    ActivityError, ActivityOptions, Result, State, activity_interface, join, select, workflow,
    workflow_fn, workflow_interface,
};

#[activity_interface(start_to_close = "5s")]
pub trait Prices {
    async fn price(&self, sku: u32) -> Result<u64, ActivityError>;
}

#[workflow_interface]
pub trait Order {
    #[run]
    async fn run(&self, name: String) -> Result<String>;
    #[signal]
    fn pay(&self, cents: u32);
    #[update(validator = check)]
    async fn rename(&self, name: String) -> Result<()>;
}

#[derive(Default)]
pub struct OrderWorkflow {
    paid: State<u32>,
    name: State<String>,
}

#[workflow]
impl Order for OrderWorkflow {
    async fn run(&self, name: String) -> Result<String> {
        workflow::wait_until(|| self.paid.get() > 0).await.ok();
        let prices = PricesStub::new(ActivityOptions::new());
        let (a, b) = join!(prices.price(1), helper());
        select! {
            _ = workflow::sleep("1s") => {}
            _ = workflow::sleep("2s") => {}
        }
        Ok(format!("{name} {} {:?}", a?, b))
    }
    fn pay(&self, cents: u32) {
        self.paid.update(|paid| *paid += cents)
    }
    fn check(&self, name: &String) -> Result<()> {
        let _ = name;
        Ok(())
    }
    async fn rename(&self, name: String) -> Result<()> {
        self.name.set(name);
        Ok(())
    }
}

#[workflow]
pub async fn function(n: u32) -> u32 {
    n
}

#[workflow_fn]
async fn helper() -> Vec<u32> {
    Vec::new()
}
