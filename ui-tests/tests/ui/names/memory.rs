use mainspring::prelude::*;
use std::sync::{Arc, Weak};

#[workflow_fn]
async fn run() -> bool {
    let shared = Arc::new(1);
    let weak = Arc::downgrade(&shared);
    Arc::strong_count(&shared) == 1 && Weak::upgrade(&weak).is_some()
}

fn main() {}
