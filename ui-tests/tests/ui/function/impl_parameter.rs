use mainspring::prelude::*;

#[workflow]
async fn run(name: impl Into<String> + Send) -> String {
    name.into()
}

fn main() {}
