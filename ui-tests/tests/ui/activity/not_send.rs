use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price() -> Result<u64, ActivityError> {
    let shared = std::rc::Rc::new(1);
    tokio::task::yield_now().await;
    Ok(*shared)
}

fn main() {}
