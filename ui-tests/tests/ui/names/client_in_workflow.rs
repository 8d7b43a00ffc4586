use mainspring::{Client, prelude::*};

#[workflow_fn]
async fn run() {
    let _ = Client::connect("127.0.0.1:7233");
}

fn main() {}
