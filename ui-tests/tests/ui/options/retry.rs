use mainspring::prelude::*;

#[activity(start_to_close = "5s", retry(max_attempts = 3, initial_interval = "soon", maximum_attempts = "3"))]
async fn one() {}

fn main() {}
