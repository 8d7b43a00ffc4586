use mainspring::prelude::*;

type Outcome<T> = Result<T, String>;

#[activity(start_to_close = "5s")]
async fn prices() -> Outcome<Vec<u32>> {
    Ok(Vec::new())
}

fn main() {}
