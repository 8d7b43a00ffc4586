use mainspring::prelude::*;

async fn not_a_workflow() {
    workflow::sleep("1s").await;
}

fn main() {}
