use mainspring::prelude::*;

static mut COUNT: u32 = 0;

#[workflow_fn]
async fn run() {
    #[mainspring::allow(MS0604, reason = "one thread, in this test")]
    unsafe {
        COUNT = 1;
    }
}

fn main() {}
