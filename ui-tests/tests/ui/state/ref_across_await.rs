use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow]
impl Cart {
    async fn total(&self) -> usize {
        let items = self.items.borrow();
        workflow::sleep("1s").await.ok();
        items.len()
    }
}

fn main() {}
