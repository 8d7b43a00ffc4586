//! A function that is not `async` runs on the pool for blocking work.
use mainspring::prelude::*;

#[activity(start_to_close = "1m", heartbeat = "10s")]
fn hash(data: Vec<u8>) -> Result<u64, ActivityError> {
    Ok(data.iter().map(|byte| u64::from(*byte)).sum())
}

#[test]
fn the_body_is_plain_code() {
    assert_eq!(hash::run(vec![1, 2]).expect("it does not fail"), 3);
}
