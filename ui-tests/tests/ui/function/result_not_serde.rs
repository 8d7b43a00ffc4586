use mainspring::prelude::*;

struct Plain;

#[workflow]
async fn run() -> Plain {
    Plain
}

fn main() {}
