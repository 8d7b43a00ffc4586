use mainspring::prelude::*;
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

#[workflow_fn]
async fn run() -> u32 {
    COUNT.get()
}

fn main() {}
