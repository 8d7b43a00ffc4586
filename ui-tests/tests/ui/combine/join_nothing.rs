use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    join!()
}

fn main() {}
