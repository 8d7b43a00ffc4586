//! A borrow that ends before the await.
use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow]
impl Cart {
    async fn checkout(&self) -> usize {
        let count = {
            let items = self.items.borrow();
            items.len()
        };
        let first = self.items.borrow().first().copied();
        workflow::sleep("1s").await.ok();
        let snapshot = self.items.get();
        for _ in &snapshot {
            workflow::sleep("1s").await.ok();
        }
        count + usize::from(first.is_some())
    }
}
