use mainspring::prelude::*;

struct Oops;

#[activity(start_to_close = "5s")]
async fn price() -> Result<u64, Oops> {
    Ok(1)
}

fn main() {}
