use mainspring::prelude::*;

#[workflow]
async extern "C" fn run() -> u32 {
    1
}

fn main() {}
