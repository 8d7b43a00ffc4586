//! Every option of an activity.
use mainspring::{prelude::*, workflow::CancellationType};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);
const QUEUE: &str = "slow";

#[activity(
    name = "everything",
    start_to_close = "1m30s",
    schedule_to_close = LONG,
    schedule_to_start = "10 minutes",
    heartbeat = "5s",
    task_queue = QUEUE,
    summary = "all of it",
    priority = 2,
    eager,
    cancellation = CancellationType::WaitCancellationCompleted,
    retry(
        maximum_attempts = 5,
        initial_interval = "100ms",
        maximum_interval = LONG,
        backoff_coefficient = 1.5,
        non_retryable = ["Declined", "NotFound"],
    ),
)]
async fn everything() {}

#[activity(local, start_to_close = "1s", local_retry_threshold = "1m")]
async fn near() {}

#[workflow_fn]
async fn calls() -> Result<()> {
    everything()
        .start_to_close("2s")
        .retry(RetryPolicy::none())
        .task_queue("fast")
        .await?;
    near().await?;
    everything()
        .with(ActivityOptions::new().heartbeat("1s"))
        .local()
        .await?;
    Ok(())
}

#[test]
fn each_option_of_the_attribute_is_one_of_the_call() {
    use mainspring::Activity;
    let retry = RetryPolicy::new()
        .maximum_attempts(5)
        .initial_interval("100ms")
        .maximum_interval(LONG)
        .backoff_coefficient(1.5)
        .non_retryable(["Declined", "NotFound"]);
    let by_hand = ActivityOptions::new()
        .start_to_close("1m30s")
        .schedule_to_close(LONG)
        .schedule_to_start("10 minutes")
        .heartbeat("5s")
        .task_queue(QUEUE)
        .summary("all of it")
        .priority(2)
        .eager(true)
        .cancellation(CancellationType::WaitCancellationCompleted)
        .retry(retry);
    let written = <everything as Activity>::options();
    assert_eq!(format!("{written:?}"), format!("{by_hand:?}"));
}
