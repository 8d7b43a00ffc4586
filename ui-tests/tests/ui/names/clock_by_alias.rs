use mainspring::prelude::*;

mod clocks {
    pub type Wall = std::time::Instant;
}
use clocks::*;

#[workflow_fn]
async fn run() {
    let _ = Wall::now();
}

fn main() {}
