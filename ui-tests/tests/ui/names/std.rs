use mainspring::prelude::*;
use std::time::Instant as I;
use std::{collections::BTreeMap, thread};

#[workflow_fn]
async fn run() {
    let _ = std::time::SystemTime::now();
    let _ = I::now();
    let _: BTreeMap<u32, u32> = BTreeMap::new();
    thread::sleep(std::time::Duration::ZERO);
    let _ = vec![std::env::var("X")];
    use std::fs::read_to_string as slurp;
    let _ = slurp("x");
}

fn main() {}
