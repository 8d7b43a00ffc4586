#![deny(deprecated)]
use mainspring::prelude::*;
use std::collections::HashMap;

#[workflow_interface]
trait Cart {
    #[run]
    async fn run(&self) -> Result<()>;
    #[signal]
    fn add(&self, items: HashMap<String, u32>);
    #[query]
    fn count(&self) -> usize;
    #[update]
    #[mainspring::allow(MS0606, reason = "only Rust on one kind of machine")]
    async fn clear(&self) -> usize;
}

fn main() {}
