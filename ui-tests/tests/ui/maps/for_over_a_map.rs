use mainspring::prelude::*;
use std::collections::HashMap;

#[workflow_fn]
async fn run(prices: HashMap<String, u64>) -> u64 {
    let mut last = 0;
    for (_, price) in &prices {
        last = *price;
    }
    last
}

fn main() {}
