use mainspring::prelude::*;

#[derive(Default)]
struct Both;

#[workflow]
impl Both {
    #[init]
    fn new(_name: &String) -> Self {
        Self
    }
    #[run]
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
}

fn main() {}
