#![deny(deprecated)]
use mainspring::prelude::*;

#[workflow_fn]
async fn run() {
    println!("again, and again");
    dbg!(1);
}

fn main() {}
