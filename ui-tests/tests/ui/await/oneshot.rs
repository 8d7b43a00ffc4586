use mainspring::prelude::*;

#[workflow_fn]
async fn run(answer: tokio::sync::oneshot::Receiver<u32>) -> bool {
    answer.await.is_ok()
}

fn main() {}
