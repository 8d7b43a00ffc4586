#[mainspring::allow(MS0101, reason = "there is nothing to allow")]
fn ordinary() {}

fn main() {}
