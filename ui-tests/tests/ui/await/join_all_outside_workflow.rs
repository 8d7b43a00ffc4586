use mainspring::prelude::*;

pub async fn ordinary() {
    let _ = workflow::join_all([workflow::sleep("1s")]).await;
}

fn main() {}
