use mainspring::prelude::*;

pub trait Payments: Send + Sync {}

#[activity(start_to_close = "5s")]
impl dyn Payments {
    #[activity]
    async fn charge(&self, cents: u64) -> Result<(), ActivityError> {
        drop(cents);
        Ok(())
    }
}

fn main() {}
