use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    #[mainspring::allow(MS0230, reason = "because")]
    let _ = 1;
}

fn main() {}
