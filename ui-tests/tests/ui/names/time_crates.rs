use chrono::{Local, Utc};
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = Utc::now();
    let _ = Local::now();
    let _ = tokio::time::Instant::now();
}

fn main() {}
