use mainspring::prelude::*;

trait Step {
    fn go(&self) -> impl Future<Output = u32> + Send;
}

#[workflow_fn]
async fn run(s: &(impl Step + Sync)) -> u32 {
    s.go().await
}

fn main() {}
