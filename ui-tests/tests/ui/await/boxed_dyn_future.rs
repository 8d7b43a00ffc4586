use mainspring::prelude::*;
use std::pin::Pin;

#[workflow_fn]
async fn run(f: Pin<Box<dyn Future<Output = u32> + Send>>) -> u32 {
    f.await
}

fn main() {}
