//! Queries may read, copy and borrow.
use mainspring::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;

#[derive(Default)]
struct Cart {
    items: State<BTreeMap<u32, u32>>,
    total: State<u64>,
}

#[workflow]
impl Cart {
    #[run]
    async fn run(&self) -> u64 {
        self.total.get()
    }
    #[query]
    fn summary(&self) -> Result<String> {
        let scratch = Cell::new(0);
        scratch.set(self.items.borrow().len());
        let mut items = self.items.get();
        items.remove(&1);
        Ok(format!(
            "{} {} {}",
            items.len(),
            self.total.get(),
            scratch.take()
        ))
    }
    #[signal]
    fn add(&self, sku: u32) {
        *self.items.borrow_mut().entry(sku).or_default() += 1;
        self.total.update(|total| *total += 1);
        let _ = self.total.replace(7);
        let _ = self.items.take();
    }
}
