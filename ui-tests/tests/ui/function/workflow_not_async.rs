use mainspring::prelude::*;

#[workflow]
fn run() -> u32 {
    1
}

fn main() {}
