use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    #[allow(MS0101)]
    let _ = std::time::SystemTime::now();
}

fn main() {}
