//! Markers may be written with the path of the crate.
use mainspring::prelude::*;

#[mainspring::workflow_interface]
trait Spelt {
    #[mainspring::run]
    async fn run(&self) -> mainspring::Result<()>;
    #[mainspring::signal]
    fn go(&self);
    #[mainspring::query]
    fn gone(&self) -> bool;
    #[mainspring::update(validator = check)]
    async fn change(&self, n: u32) -> u32;
    #[mainspring::validator]
    fn check(&self, n: &u32) -> Result<()>;
}

struct W;

#[mainspring::workflow]
impl Spelt for W {
    #[mainspring::init]
    fn new() -> Self {
        Self
    }
    async fn run(&self) -> mainspring::Result<()> {
        Ok(())
    }
    fn go(&self) {}
    fn gone(&self) -> bool {
        true
    }
    async fn change(&self, n: u32) -> u32 {
        n
    }
    fn check(&self, _n: &u32) -> Result<()> {
        Ok(())
    }
}
