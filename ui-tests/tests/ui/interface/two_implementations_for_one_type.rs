use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self) -> Result<()>;
}

#[derive(Default)]
struct Polite;

#[workflow]
impl Greeting for Polite {
    async fn greet(&self) -> Result<()> {
        Ok(())
    }
}

#[workflow]
impl Greeting for Polite {
    async fn greet(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
