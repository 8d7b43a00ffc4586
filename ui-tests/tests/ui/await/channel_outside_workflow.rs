use mainspring::prelude::*;

pub async fn ordinary() {
    let (sender, mut receiver) = workflow::channel::<u32>();
    let _ = sender.send(1).await;
    let _ = receiver.recv().await;
}

fn main() {}
