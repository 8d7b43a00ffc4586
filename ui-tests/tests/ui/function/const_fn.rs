use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
const fn price() -> u32 {
    1
}

fn main() {}
