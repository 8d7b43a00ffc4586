use mainspring::prelude::*;

#[activity(dynamic, start_to_close = "5s")]
async fn any(name: String) -> u64 {
    name.len() as u64
}

fn main() {}
