use mainspring::prelude::*;

#[activity(start_to_close, task_queue = 7, name = "", retry = 3, local = "yes")]
async fn one() {}

fn main() {}
