use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    #[mainspring::allow(MS0102, reason = "this is about another rule")]
    let _ = std::time::SystemTime::now();
}

fn main() {}
