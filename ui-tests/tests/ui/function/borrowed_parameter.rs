use mainspring::prelude::*;

#[workflow]
async fn run(name: &str, tags: &[String]) -> u32 {
    (name.len() + tags.len()) as u32
}

fn main() {}
