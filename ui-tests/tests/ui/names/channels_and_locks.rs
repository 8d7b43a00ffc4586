use mainspring::prelude::*;
use std::sync::{Mutex, mpsc};

#[workflow_fn]
async fn run() {
    let (_tx, _rx) = mpsc::channel::<u32>();
    let _ = tokio::sync::Notify::new();
    let _ = Mutex::new(1);
}

fn main() {}
