use mainspring::prelude::*;

#[workflow]
async fn run(name: &str, tags: &[String]) -> usize {
    name.len() + tags.len()
}

fn main() {}
