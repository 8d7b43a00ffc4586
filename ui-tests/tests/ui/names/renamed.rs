use mainspring::prelude::*;
use rand::random as draw;
use std::time::{self as clocks, SystemTime as Wall};

#[workflow_fn]
async fn run() {
    let _ = Wall::now();
    let _ = clocks::Instant::now();
    let _: u32 = draw();
}

fn main() {}
