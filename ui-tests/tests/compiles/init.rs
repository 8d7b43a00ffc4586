//! The first state: by `Default`, from the input, or without looking at it.
use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String, tags: Vec<u32>) -> Result<String>;
}

struct FromInput {
    name: String,
    tags: usize,
}

#[workflow]
impl Greeting for FromInput {
    #[init]
    fn new(name: &str, tags: &[u32]) -> Self {
        Self {
            name: name.to_owned(),
            tags: tags.len(),
        }
    }
    async fn greet(&self, _name: String, _tags: Vec<u32>) -> Result<String> {
        Ok(format!("{} {}", self.name, self.tags))
    }
}

struct Elsewhere(u32);

#[workflow]
impl Elsewhere {
    #[init]
    fn new() -> Self {
        Self(1)
    }
}

#[workflow(name = "Elsewhere")]
impl Greeting for Elsewhere {
    async fn greet(&self, name: String, _tags: Vec<u32>) -> Result<String> {
        Ok(name.repeat(self.0 as usize))
    }
}

#[test]
fn compiles() {
    assert!(mainspring::registry::workflows().len() > 1);
}
