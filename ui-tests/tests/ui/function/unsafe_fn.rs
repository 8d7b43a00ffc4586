use mainspring::prelude::*;

#[workflow]
async unsafe fn run() -> u32 {
    1
}

fn main() {}
