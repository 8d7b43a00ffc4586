use mainspring::prelude::*;

#[workflow]
async fn greet(name: String) -> Result<String> {
    Ok(name)
}

#[workflow]
async fn parent() -> Result<String> {
    Ok(greet(7).await?)
}

fn main() {}
