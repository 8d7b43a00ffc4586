//! What an activity's failure is, in a workflow.
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn charge(cents: u64) -> Result<String, ActivityError> {
    if cents == 0 {
        return Err(ApplicationError::new("Zero", "nothing to charge").into());
    }
    Ok(cents.to_string())
}

#[workflow]
async fn buy(cents: u64) -> Result<String> {
    match charge(cents).await {
        Ok(receipt) => Ok(receipt),
        Err(failure) => Err(failure.into()),
    }
}
