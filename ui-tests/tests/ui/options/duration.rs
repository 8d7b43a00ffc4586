use mainspring::prelude::*;

#[activity(start_to_close = "10", schedule_to_close = "ten s", heartbeat = "1 parsec", schedule_to_start = 5)]
async fn one() {}

fn main() {}
