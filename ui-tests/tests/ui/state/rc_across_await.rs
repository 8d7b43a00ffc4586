use mainspring::prelude::*;

#[workflow_fn]
async fn run() -> u32 {
    let shared = std::rc::Rc::new(1);
    workflow::sleep("1s").await.ok();
    *shared
}

fn main() {}
