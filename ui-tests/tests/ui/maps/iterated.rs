use mainspring::prelude::*;
use std::collections::{HashMap as Map, HashSet};

#[workflow_fn]
async fn run(skus: Vec<u32>) -> Option<u32> {
    let mut seen: Map<u32, u32> = Map::new();
    seen.insert(1, 2);
    let set = skus.iter().copied().collect::<HashSet<u32>>();
    let _ = seen.keys().next();
    set.into_iter().next()
}

fn main() {}
