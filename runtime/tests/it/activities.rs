//! Activities: instances, retries, failures, heartbeats, timeouts.

use std::sync::atomic::{AtomicU32, Ordering};

use mainspring::error::FailureKind;
use mainspring::prelude::*;

use crate::World;

/// Activities with state.
#[activity_interface(name_prefix = "Account_", start_to_close = "10s")]
pub trait Account {
    async fn withdraw(&self, amount: u32) -> Result<u32, ActivityError>;
    /// On the blocking pool.
    fn balance(&self) -> Result<u32, ActivityError>;
}

pub struct Bank {
    balance: AtomicU32,
}

impl Bank {
    pub fn with(balance: u32) -> Self {
        Self {
            balance: AtomicU32::new(balance),
        }
    }
}

#[activity]
impl Account for Bank {
    async fn withdraw(&self, amount: u32) -> Result<u32, ActivityError> {
        let left = self.balance.load(Ordering::Relaxed);
        if amount > left {
            let error = ApplicationError::non_retryable("InsufficientFunds", "too poor");
            return Err(error.details(left).into());
        }
        Ok(self.balance.fetch_sub(amount, Ordering::Relaxed) - amount)
    }

    fn balance(&self) -> Result<u32, ActivityError> {
        Ok(self.balance.load(Ordering::Relaxed))
    }
}

#[workflow]
async fn withdraw_twice(amount: u32) -> Result<String> {
    let account = AccountStub::new(ActivityOptions::new());
    let left = account.withdraw(amount).await?;
    assert_eq!(account.balance().await?, left);
    match account.withdraw(amount).await {
        Err(error @ ActivityFailure::Application(_)) => {
            let left: u32 = error.detail()?;
            Ok(format!("{} with {left}", error.error_type()))
        }
        other => Ok(format!("{other:?}")),
    }
}

#[activity(start_to_close = "10s", retry(initial_interval = "10ms"))]
async fn third_time_lucky() -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    if attempt < 3 {
        return Err(ActivityError::new("Unlucky", format!("attempt {attempt}")));
    }
    Ok(attempt)
}

#[workflow]
async fn be_patient() -> Result<u32> {
    Ok(third_time_lucky().await?)
}

#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
async fn parse(text: String) -> Result<u32, ActivityError> {
    Ok(text.parse::<u32>()?)
}

#[workflow]
pub async fn parse_it(text: String) -> Result<u32> {
    Ok(parse(text).await?)
}

#[activity(
    start_to_close = "10s",
    heartbeat = "1s",
    retry(maximum_attempts = 2, initial_interval = "10ms")
)]
async fn resume() -> Result<u32, ActivityError> {
    match activity::heartbeat_details::<u32>()? {
        Some(done) => Ok(done),
        None => {
            activity::heartbeat(41_u32 + 1);
            // Longer than the heartbeat timeout.
            std::future::pending().await
        }
    }
}

#[workflow]
async fn resume_it() -> Result<u32> {
    Ok(resume().await?)
}

#[activity(start_to_close = "100ms", retry(maximum_attempts = 1))]
async fn too_slow() -> Result<(), ActivityError> {
    std::future::pending().await
}

#[workflow]
async fn be_too_slow() -> Result<String> {
    match too_slow().await {
        Err(ActivityFailure::Timeout(kind, _)) => Ok(kind.to_string()),
        other => Ok(format!("{other:?}")),
    }
}

#[activity(start_to_close = "10s", retry(maximum_attempts = 1))]
async fn explode() -> Result<(), ActivityError> {
    panic!("boom");
}

#[workflow]
async fn catch_explosion() -> Result<String> {
    let failed = explode().await;
    Ok(failed
        .expect_err("it explodes")
        .failure()
        .root_cause()
        .message
        .clone())
}

#[tokio::test]
async fn methods_are_called_on_the_workers_instance() {
    let world = World::new().await;
    let run = world.client.workflow(withdraw_twice, world.id("bank"));
    let outcome = run.execute(10).await.expect("the workflow completes");
    assert_eq!(outcome, "InsufficientFunds with 5");
}

#[tokio::test]
async fn failures_are_retried() {
    let world = World::new().await;
    let run = world.client.workflow(be_patient, world.id("patient"));
    assert_eq!(run.execute(()).await.expect("the workflow completes"), 3);
}

#[tokio::test]
async fn a_client_sees_the_first_cause() {
    let world = World::new().await;
    let run = world.client.workflow(parse_it, world.id("parse"));
    let error = run
        .execute("seven")
        .await
        .expect_err("`seven` is no number");
    let failure = error.failure().expect("the workflow failed");
    assert!(
        matches!(&failure.kind, FailureKind::Activity { activity_type, .. } if activity_type == "parse")
    );
    assert_eq!(
        failure.root_cause().to_string(),
        "ParseIntError: invalid digit found in string"
    );
}

#[tokio::test]
async fn the_next_attempt_knows_the_last_heartbeat() {
    let world = World::new().await;
    let run = world.client.workflow(resume_it, world.id("resume"));
    assert_eq!(run.execute(()).await.expect("the workflow completes"), 42);
}

#[tokio::test]
async fn a_timeout_says_which() {
    let world = World::new().await;
    let run = world.client.workflow(be_too_slow, world.id("slow"));
    let outcome = run.execute(()).await.expect("the workflow completes");
    assert_eq!(outcome, "start-to-close timeout");
}

#[tokio::test]
async fn a_panic_is_a_failure_like_any_other() {
    let world = World::new().await;
    let run = world.client.workflow(catch_explosion, world.id("panic"));
    let outcome = run.execute(()).await.expect("the workflow completes");
    assert_eq!(outcome, "the activity panicked: boom");
}
