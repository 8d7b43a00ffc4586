use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    std::future::poll_fn(|_| std::task::Poll::Ready(1)).await
}

fn main() {}
