use mainspring::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

#[workflow_fn]
async fn run() -> u32 {
    COUNT.fetch_add(1, Ordering::Relaxed)
}

fn main() {}
