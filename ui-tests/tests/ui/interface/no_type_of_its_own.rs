use mainspring::prelude::*;

pub trait Kind: Send + Sync {}

#[workflow]
impl dyn Kind {
    #[run]
    async fn greet(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
