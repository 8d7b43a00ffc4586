#![deny(deprecated)]
use futures::try_join as both;
use mainspring::prelude::*;
use std::{dbg as show, println};
use tokio::select;

#[workflow_fn]
async fn one() -> u32 {
    1
}

#[workflow_fn]
async fn run() -> u32 {
    use tokio::join;
    let _ = join!(one(), one());
    let _ = both!(ok(), ok());
    println!("by its name");
    std::eprintln!("by its path");
    show!(1);
    select! {
        x = one() => x,
        y = one() => y,
    }
}

async fn ok() -> Result<u32> {
    Ok(1)
}

fn main() {}
