use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow_fn]
async fn count(items: &Vec<u32>) -> usize {
    workflow::sleep("1s").await.ok();
    items.len()
}

#[workflow]
impl Cart {
    async fn total(&self) -> usize {
        count(&self.items.borrow()).await
    }
}

fn main() {}
