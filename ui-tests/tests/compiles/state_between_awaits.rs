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
        let _ = workflow::sleep("1s").await;
        let snapshot = self.items.get();
        for _ in &snapshot {
            let _ = workflow::sleep("1s").await;
        }
        count + usize::from(first.is_some())
    }
}
