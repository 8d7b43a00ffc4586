//! Generic helpers of generic types.
use mainspring::prelude::*;

struct Batch<T> {
    items: Vec<T>,
}

#[workflow]
impl<T: Clone + Send + Sync> Batch<T> {
    async fn each<D: Durable<Output = ()>>(&self, act: impl Fn(T) -> D + Send + Sync) {
        for item in &self.items {
            act(item.clone()).await;
        }
    }
}

#[workflow_fn]
async fn uses() {
    let batch = Batch { items: vec![1, 2] };
    batch
        .each(|_| async {
            workflow::sleep("1s").await.ok();
        })
        .await;
}
