//! Cancellation: of workflows, activities, and what is cleaned up after.

use mainspring::client::ClientError;
use mainspring::prelude::*;
use mainspring::workflow::CancellationType;

use crate::World;

#[activity(start_to_close = "1m", heartbeat = "1s")]
async fn until_cancelled() -> Result<String, ActivityError> {
    let beats = async {
        loop {
            activity::heartbeat(());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        reason = activity::cancelled() => {
            tracing::info!(?reason, "cancelled");
            Err(ActivityError::cancelled())
        }
        () = beats => unreachable!("it beats for ever"),
    }
}

#[activity(start_to_close = "10s")]
async fn tidy_up() -> Result<(), ActivityError> {
    Ok(())
}

#[workflow]
async fn wait_for_cancel() -> Result<()> {
    let outcome = until_cancelled()
        .cancellation(CancellationType::WaitCancellationCompleted)
        .await;
    workflow::detached(tidy_up()).await?;
    outcome?;
    Ok(())
}

#[workflow]
async fn cancelled_but_content() -> Result<String> {
    match workflow::sleep("1 day").await {
        Ok(()) => Ok("slept".into()),
        Err(Cancelled) => Ok("woken".into()),
    }
}

#[tokio::test]
async fn a_workflow_ends_as_cancelled_after_its_clean_up() {
    let world = World::new().await;
    let run = world.client.workflow(wait_for_cancel, world.id("cancel"));
    let run = run.start(()).await.expect("the workflow starts");
    run.cancel().await.expect("the request is taken");
    let outcome = run.result().await;
    assert!(
        matches!(outcome, Err(ClientError::WorkflowCancelled(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_workflow_may_complete_although_it_was_cancelled() {
    let world = World::new().await;
    let run = world
        .client
        .workflow(cancelled_but_content, world.id("content"));
    let run = run.start(()).await.expect("the workflow starts");
    run.cancel().await.expect("the request is taken");
    assert_eq!(run.result().await.expect("it completes"), "woken");
}

#[tokio::test]
async fn a_terminated_workflow_says_why() {
    let world = World::without_worker().await;
    let run = world
        .client
        .workflow(cancelled_but_content, world.id("end"));
    let run = run.start(()).await.expect("the workflow starts");
    run.terminate("enough").await.expect("the request is taken");
    let error = run.result().await.expect_err("it was terminated");
    assert_eq!(error.to_string(), "the workflow was terminated: enough");
}
