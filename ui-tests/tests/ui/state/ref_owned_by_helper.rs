use mainspring::{Ref, prelude::*};

#[workflow_fn]
async fn count(items: Ref<'_, Vec<u32>>) -> usize {
    workflow::sleep("1s").await.ok();
    items.len()
}

fn main() {}
