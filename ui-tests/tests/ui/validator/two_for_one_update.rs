use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self) -> Result<()>;
    #[update(validator = one, validator = two)]
    async fn rename(&self, name: String) -> Result<()>;
    #[validator]
    fn one(&self, name: &String) -> Result<()>;
    #[validator]
    fn two(&self, name: &String) -> Result<()>;
}

fn main() {}
