use mainspring::prelude::*;
use rand::{Rng, rng};

#[workflow_fn]
async fn run() {
    let _: u32 = rng().random();
    let _ = rand::random::<u8>();
    let _ = uuid::Uuid::now_v7();
}

fn main() {}
