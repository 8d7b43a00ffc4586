use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow]
impl Cart {
    async fn add(&self) {
        let mut items = self.items.borrow_mut();
        workflow::sleep("1s").await.ok();
        items.push(1);
    }
}

fn main() {}
