use mainspring::prelude::*;

#[workflow]
async fn run() -> &'static str {
    "x"
}

fn main() {}
