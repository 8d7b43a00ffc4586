use mainspring::prelude::*;
use std::collections::HashMap;

struct Cart {
    prices: State<HashMap<u32, u32>>,
}

#[workflow]
impl Cart {
    fn first(&self) -> Option<u32> {
        self.prices.borrow().values().next().copied()
    }
}

fn main() {}
