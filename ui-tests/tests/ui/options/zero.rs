use mainspring::prelude::*;

#[activity(start_to_close = "0s", heartbeat = "0 minutes")]
async fn one() {}

fn main() {}
