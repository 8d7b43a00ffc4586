use mainspring::prelude::*;

#[activity(start_to_close = "5s", start_to_close = "6s")]
async fn one() {}

fn main() {}
