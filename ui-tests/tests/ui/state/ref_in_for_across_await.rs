use mainspring::prelude::*;

struct Cart {
    items: State<Vec<u32>>,
}

#[workflow]
impl Cart {
    async fn each(&self) {
        for _ in self.items.borrow().iter() {
            workflow::sleep("1s").await.ok();
        }
    }
}

fn main() {}
