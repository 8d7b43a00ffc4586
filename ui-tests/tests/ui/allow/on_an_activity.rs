use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
#[mainspring::allow(MS0101, reason = "for a log line")]
async fn now() -> u64 {
    std::time::SystemTime::now().elapsed().unwrap().as_secs()
}

fn main() {}
