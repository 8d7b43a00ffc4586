//! What starts ask for: delays, timeouts, ids that are in use, retries; and what becomes of children.

use std::time::Duration;

use mainspring::client::{ClientError, WorkflowStatus};
use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use mainspring::workflow::{
    ChildCancellationType, IdConflictPolicy, IdReusePolicy, ParentClosePolicy,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[workflow]
async fn takes(time: String) -> Result<String> {
    workflow::sleep(&time).await?;
    Ok(time)
}

#[workflow]
async fn succeeds_at(attempt: u32) -> Result<u32> {
    let now = workflow::info().attempt;
    if now < attempt {
        return Err(ApplicationError::new("NotYet", format!("attempt {now}")).into());
    }
    Ok(now)
}

#[mainspring::test]
async fn a_delayed_start_waits(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(succeeds_at, "w");
    let run = workflow.execute(1).start_delay("1 day").start().await?;
    env.advance(23 * HOUR).await?;
    let names = run.history().await?.event_names();
    assert_eq!(names, ["WorkflowExecutionStarted"]);
    assert_eq!(run.result().await?, 1);
    Ok(())
}

#[mainspring::test]
async fn a_workflow_that_takes_too_long_times_out(env: TestEnv) -> Result<()> {
    for (id, by_run) in [("by-run", true), ("by-execution", false)] {
        let workflow = env.client().workflow(takes, id).execute("2h");
        let workflow = match by_run {
            true => workflow.run_timeout("1h"),
            false => workflow.execution_timeout("1h"),
        };
        let before = env.now();
        let timed_out = workflow.start().await?.result().await;
        assert!(
            matches!(timed_out, Err(ClientError::WorkflowTimedOut)),
            "{timed_out:?}"
        );
        let passed = env.now().duration_since(before).expect("time goes on");
        assert!((HOUR..2 * HOUR).contains(&passed), "{passed:?}");
    }
    Ok(())
}

#[mainspring::test]
async fn a_result_follows_the_runs_of_retries(env: TestEnv) -> Result<()> {
    let policy = || {
        RetryPolicy::new()
            .initial_interval("1h")
            .maximum_attempts(3)
    };
    let workflow = env.client().workflow(succeeds_at, "w");
    let run = workflow.execute(3).retry(policy()).start().await?;
    assert_eq!(run.result().await?, 3);
    let hopeless = env.client().workflow(succeeds_at, "hopeless");
    let run = hopeless.execute(4).retry(policy()).start().await?;
    let error = run.result().await.expect_err("three are not enough");
    let failure = error.failure().expect("it failed");
    assert_eq!(failure.to_string(), "NotYet: attempt 3");
    Ok(())
}

#[mainspring::test]
async fn an_id_may_be_used_again_as_far_as_the_policy_goes(env: TestEnv) -> Result<()> {
    let policies = [
        (IdReusePolicy::AllowDuplicate, true, true),
        (IdReusePolicy::AllowDuplicateFailedOnly, false, true),
        (IdReusePolicy::RejectDuplicate, false, false),
    ];
    for (policy, after_success, after_failure) in policies {
        for (attempt, expected) in [(1, after_success), (2, after_failure)] {
            let id = format!("{policy:?}-after-{attempt}");
            let workflow = env.client().workflow(succeeds_at, &id);
            let first = workflow.start(attempt).await?;
            assert_eq!(first.result().await.is_ok(), attempt == 1);
            let again = workflow.execute(1).id_reuse_policy(policy).start().await;
            match again {
                Ok(_) => assert!(expected, "{id}"),
                Err(ClientError::AlreadyStarted { run_id, .. }) => {
                    assert!(!expected, "{id}");
                    assert_eq!(run_id, first.run_id());
                }
                Err(error) => panic!("{id}: {error}"),
            }
        }
    }
    Ok(())
}

#[mainspring::test]
async fn a_start_may_terminate_the_workflow_that_runs(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(takes, "w");
    let first = workflow.start("1 day").await?;
    let second = workflow
        .execute("1h")
        .id_conflict_policy(IdConflictPolicy::TerminateExisting);
    let second = second.start().await?;
    let ended = first.result().await;
    assert!(
        matches!(ended, Err(ClientError::WorkflowTerminated { .. })),
        "{ended:?}"
    );
    assert_eq!(second.result().await?, "1h");
    Ok(())
}

#[workflow]
async fn has_a_child_in_place_of(id: String) -> Result<String> {
    let in_the_way = takes("1h".into()).id(&id).await;
    assert!(
        matches!(in_the_way, Err(ChildFailure::AlreadyExists(_))),
        "{in_the_way:?}"
    );
    let child = takes("1h".into()).id(id);
    let child = child.id_reuse_policy(IdReusePolicy::TerminateIfRunning);
    Ok(child.await?)
}

#[mainspring::test]
async fn a_child_may_take_the_place_of_a_workflow_that_runs(env: TestEnv) -> Result<()> {
    let first = env.client().workflow(takes, "w").start("1 day").await?;
    let parent = env.client().workflow(has_a_child_in_place_of, "parent");
    assert_eq!(parent.execute("w").await?, "1h");
    let ended = first.result().await;
    assert!(
        matches!(ended, Err(ClientError::WorkflowTerminated { .. })),
        "{ended:?}"
    );
    Ok(())
}

#[activity(
    start_to_close = "1m",
    retry(initial_interval = "1s", maximum_interval = "2 days")
)]
async fn asks_for_time() -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    if attempt == 1 {
        let error = ApplicationError::new("Busy", "come back tomorrow");
        return Err(error.next_retry_delay("1 day").into());
    }
    Ok(attempt)
}

#[workflow]
async fn gives_time() -> Result<u32> {
    Ok(asks_for_time().await?)
}

#[mainspring::test]
async fn an_activity_says_when_to_try_again(env: TestEnv) -> Result<()> {
    let before = env.now();
    let workflow = env.client().workflow(gives_time, "w");
    assert_eq!(workflow.execute(()).await?, 2);
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!((24 * HOUR..25 * HOUR).contains(&passed), "{passed:?}");
    Ok(())
}

/// Takes its time to tidy up when it is cancelled.
#[workflow]
async fn lingers() -> Result<()> {
    if workflow::sleep("1 day").await.is_err() {
        workflow::detached(workflow::sleep("1h")).await?;
        return Err(Cancelled.into());
    }
    Ok(())
}

fn close_policy(name: &str) -> ParentClosePolicy {
    match name {
        "terminate" => ParentClosePolicy::Terminate,
        "abandon" => ParentClosePolicy::Abandon,
        _ => ParentClosePolicy::RequestCancel,
    }
}

#[workflow]
async fn leaves_a_child(policy: String) -> Result<()> {
    let child = lingers().id(format!("child-{policy}"));
    let child = child.parent_close_policy(close_policy(&policy));
    // Left alone, whatever comes of it.
    let _ = child.start().await?;
    Ok(())
}

#[mainspring::test]
async fn a_closed_parent_leaves_its_child_as_the_policy_says(env: TestEnv) -> Result<()> {
    for (policy, expected) in [
        ("terminate", WorkflowStatus::Terminated),
        ("request-cancel", WorkflowStatus::Cancelled),
        ("abandon", WorkflowStatus::Completed),
    ] {
        let parent = env
            .client()
            .workflow(leaves_a_child, format!("parent-{policy}"));
        parent.execute(policy).await?;
        let child = env.client().workflow(lingers, format!("child-{policy}"));
        let child = child.handle();
        let _ = child.result().await;
        assert_eq!(child.describe().await?.status(), expected, "{policy}");
    }
    Ok(())
}

fn cancellation(name: &str) -> ChildCancellationType {
    match name {
        "abandon" => ChildCancellationType::Abandon,
        "try-cancel" => ChildCancellationType::TryCancel,
        "wait-requested" => ChildCancellationType::WaitCancellationRequested,
        _ => ChildCancellationType::WaitCancellationCompleted,
    }
}

#[workflow]
async fn waits_for_a_child(kind: String) -> Result<()> {
    let child = lingers().id(format!("child-{kind}"));
    let child = child.parent_close_policy(ParentClosePolicy::Abandon);
    let outcome = child.cancellation(cancellation(&kind)).await;
    // Tells in its history when it has heard of the child.
    workflow::detached(workflow::sleep("1m")).await?;
    Ok(outcome?)
}

#[mainspring::test]
async fn a_cancelled_parent_waits_for_its_child_as_it_was_told(env: TestEnv) -> Result<()> {
    const REQUEST: &str = "RequestCancelExternalWorkflowExecutionInitiated";
    const REQUESTED: &str = "ExternalWorkflowExecutionCancelRequested";
    const CANCELLED: &str = "ChildWorkflowExecutionCanceled";
    for (kind, expected, of_child) in [
        ("abandon", [false, false, false], WorkflowStatus::Completed),
        (
            "try-cancel",
            [true, false, false],
            WorkflowStatus::Cancelled,
        ),
        (
            "wait-requested",
            [true, true, false],
            WorkflowStatus::Cancelled,
        ),
        (
            "wait-completed",
            [true, true, true],
            WorkflowStatus::Cancelled,
        ),
    ] {
        let parent = env
            .client()
            .workflow(waits_for_a_child, format!("parent-{kind}"));
        let parent = parent.start(kind).await?;
        env.advance("1m").await?;
        parent.cancel().await?;
        let ended = parent.result().await;
        assert!(
            matches!(ended, Err(ClientError::WorkflowCancelled(_))),
            "{kind}: {ended:?}"
        );
        let mut names = parent.history().await?.event_names();
        let heard = names.iter().rposition(|it| it == "TimerStarted");
        names.truncate(heard.expect("it waits a minute"));
        let found = [REQUEST, REQUESTED, CANCELLED].map(|name| names.iter().any(|it| it == name));
        assert_eq!(found, expected, "{kind}: {names:?}");
        let child = env
            .client()
            .workflow(lingers, format!("child-{kind}"))
            .handle();
        let _ = child.result().await;
        assert_eq!(child.describe().await?.status(), of_child, "{kind}");
    }
    Ok(())
}
