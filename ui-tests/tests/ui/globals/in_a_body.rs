use mainspring::prelude::*;
use std::sync::atomic::AtomicU32;

#[workflow_fn]
async fn run() -> &'static str {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static NAME: &str = "is constant";
    NAME
}

fn main() {}
