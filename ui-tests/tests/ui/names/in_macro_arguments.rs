use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> String {
    assert!(rand::random::<bool>());
    format!("{:?}", uuid::Uuid::new_v4())
}

fn main() {}
