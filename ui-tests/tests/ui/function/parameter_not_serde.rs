use mainspring::prelude::*;

struct Plain;

#[workflow]
async fn run(value: Plain) {
    let _ = value;
}

fn main() {}
