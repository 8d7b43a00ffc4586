use mainspring::prelude::*;

#[workflow_fn]
async fn one() -> u32 {
    1
}

#[workflow_fn]
async fn run() {
    let _ = tokio::join!(one(), one());
    futures::future::join_all([one()]);
    let _: futures::stream::FuturesUnordered<u8>;
}

fn main() {}
