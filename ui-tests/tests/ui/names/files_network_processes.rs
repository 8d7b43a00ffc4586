use mainspring::prelude::*;
use std::fs::File;

#[workflow_fn]
async fn run() {
    let _ = File::open("x");
    let _ = std::net::TcpStream::connect("x:1");
    let _ = std::process::Command::new("ls");
    let _ = std::io::stdin();
}

fn main() {}
