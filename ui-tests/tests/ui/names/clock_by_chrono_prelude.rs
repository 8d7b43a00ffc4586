use chrono::prelude::Utc;
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    let _ = Utc::now();
    let _ = chrono::prelude::Local::now();
}

fn main() {}
