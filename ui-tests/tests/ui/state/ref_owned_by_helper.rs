use mainspring::{Ref, prelude::*};

#[workflow_fn]
async fn count(items: Ref<'_, Vec<u32>>) -> usize {
    let _ = workflow::sleep("1s").await;
    items.len()
}

fn main() {}
