use mainspring::prelude::*;

type Outcome<T> = Result<T, String>;

#[workflow]
async fn run() -> Outcome<Vec<u32>> {
    Ok(Vec::new())
}

fn main() {}
