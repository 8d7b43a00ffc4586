use mainspring::prelude::*;

type Answer = Result<u32, String>;

#[activity(start_to_close = "5s")]
async fn price() -> Answer {
    Ok(1)
}

fn main() {}
