use mainspring::prelude::*;

#[derive(Default)]
struct Counter {
    total: State<u32>,
}

#[workflow]
impl Counter {
    #[run]
    async fn run(&self) -> u32 {
        self.total.get()
    }
    #[update(validator = check)]
    async fn add(&self, n: u32) {
        self.total.update(|total| *total += n);
    }
    #[validator]
    fn check(&self, n: &u32) -> Result<()> {
        self.total.set(*n);
        Ok(())
    }
}

fn main() {}
