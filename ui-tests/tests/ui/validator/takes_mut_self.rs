use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[update(validator = check_rename)]
    async fn rename(&self, name: String) -> Result<()>;
    #[validator]
    fn check_rename(&mut self, name: &String) -> Result<()>;
}

fn main() {}
