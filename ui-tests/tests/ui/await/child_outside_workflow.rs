use mainspring::prelude::*;

#[workflow]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

async fn not_a_workflow() {
    greet("x".into()).await;
}

fn main() {}
