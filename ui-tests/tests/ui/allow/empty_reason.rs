use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    #[mainspring::allow(MS0101, reason = " ")]
    let _ = std::time::SystemTime::now();
}

fn main() {}
