use mainspring::prelude::*;
use std::time::Instant;

#[activity(start_to_close = "5s")]
async fn since(start: Instant) -> u64 {
    start.elapsed().as_secs()
}

fn main() {}
