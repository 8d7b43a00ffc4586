use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = ::std::time::SystemTime::now();
}

fn main() {}
