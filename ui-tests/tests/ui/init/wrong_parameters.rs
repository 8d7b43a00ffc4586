use mainspring::prelude::*;

struct W;

#[workflow]
impl W {
    #[init]
    fn new(_count: &u32) -> Self {
        Self
    }
    #[run]
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
