use mainspring::prelude::*;

#[derive(Debug)]
struct Oops;

#[workflow]
async fn run() -> Result<u32, Oops> {
    Err(Oops)
}

fn main() {}
