use mainspring::prelude::*;

#[derive(Default)]
struct Order;

#[workflow]
impl Order {
    #[run]
    async fn run(&self) -> Result<()> {
        Ok(())
    }
}

#[workflow]
impl Order {
    #[signal]
    fn pay(&self) {}
}

fn main() {}
