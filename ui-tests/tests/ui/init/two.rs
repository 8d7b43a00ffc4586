use mainspring::prelude::*;

struct W;

#[workflow]
impl W {
    #[init]
    fn new(_name: &String) -> Self {
        Self
    }
    #[init]
    fn other(_name: &String) -> Self {
        Self
    }
    #[run]
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
