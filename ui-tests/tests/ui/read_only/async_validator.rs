use mainspring::prelude::*;

#[workflow_interface]
trait Count {
    #[run]
    async fn run(&self) -> u32;
    #[update(validator = check)]
    async fn add(&self, n: u32);
    #[validator]
    async fn check(&self, n: &u32) -> Result<()>;
}

fn main() {}
