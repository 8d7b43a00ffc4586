use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow_fn]
async fn count(items: &Vec<u32>) -> usize {
    let _ = workflow::sleep("1s").await;
    items.len()
}

#[workflow]
impl Cart {
    async fn total(&self) -> usize {
        count(&self.items.borrow()).await
    }
}

fn main() {}
