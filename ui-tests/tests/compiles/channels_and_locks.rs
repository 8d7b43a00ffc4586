//! Ours wait durably.
use mainspring::prelude::*;

#[workflow]
async fn talk() -> Result<u32> {
    let (sender, mut receiver) = workflow::channel::<u32>();
    let task = workflow::spawn(async move {
        workflow::sleep("1s").await.ok();
        sender.send(1).await.is_ok()
    });
    let got = receiver.recv().await;
    let _ = task.await;
    Ok(got.unwrap_or_default())
}
