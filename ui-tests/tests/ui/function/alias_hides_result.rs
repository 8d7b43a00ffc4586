use mainspring::prelude::*;

type Answer = Result<u32, String>;

#[workflow]
async fn run() -> Answer {
    Ok(1)
}

fn main() {}
