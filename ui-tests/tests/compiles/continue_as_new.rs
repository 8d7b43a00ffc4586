//! A loop with a way out is no endless one.
use mainspring::prelude::*;

#[workflow]
async fn remind(mut days: u32) -> Result<()> {
    loop {
        workflow::sleep("1 day").await?;
        days += 1;
        if workflow::continue_as_new_suggested() {
            return workflow::continue_as_new((days,));
        }
    }
}
