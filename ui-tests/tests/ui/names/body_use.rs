use mainspring::prelude::*;

#[workflow_fn]
async fn run(verbose: bool) {
    use std::time::SystemTime as Wall;
    if verbose {
        use std::{env, process};
        let _ = env::var("X");
        process::exit(1);
    }
    let _ = Wall::now();
}

fn main() {}
