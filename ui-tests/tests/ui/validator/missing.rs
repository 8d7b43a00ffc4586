use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[update(validator = check_rename)]
    async fn rename(&self, name: String) -> Result<()>;
}

#[derive(Default)]
struct W;

#[workflow]
impl Greeting for W {
    async fn greet(&self, name: String) -> Result<String> {
        Ok(name)
    }
    async fn rename(&self, _name: String) -> Result<()> {
        Ok(())
    }
}

fn main() {}
