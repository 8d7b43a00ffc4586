use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    #[mainspring::allow(reason = "because")]
    let _ = 1;
}

fn main() {}
