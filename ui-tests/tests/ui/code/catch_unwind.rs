use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> bool {
    std::panic::catch_unwind(|| 1).is_ok()
}

fn main() {}
