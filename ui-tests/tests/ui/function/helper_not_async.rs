use mainspring::prelude::*;

#[workflow_fn]
fn run() -> u32 {
    1
}

fn main() {}
