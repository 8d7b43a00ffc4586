use mainspring::prelude::*;

#[workflow_fn]
async fn run<F: Future<Output = u32> + Send>(f: F) -> u32 {
    f.await
}

fn main() {}
