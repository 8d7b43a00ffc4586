use mainspring::prelude::*;

#[workflow_fn]
async fn run(n: &u32) -> u32 {
    unsafe { *std::ptr::from_ref(n) }
}

fn main() {}
