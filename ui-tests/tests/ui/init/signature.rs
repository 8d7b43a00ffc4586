use mainspring::prelude::*;

struct W;

#[workflow]
impl W {
    #[init]
    async fn new(&self, name: String) -> Result<Self> {
        drop(name);
        Ok(Self)
    }
    #[run]
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
