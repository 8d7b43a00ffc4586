//! What would fail forever fails its test, and says what it was.

use std::panic::catch_unwind;

use mainspring::prelude::*;
use mainspring::testing::{Setup, TestEnv, run};

#[activity(start_to_close = "1m", retry(maximum_interval = "1h"))]
async fn reach(host: String) -> Result<(), ActivityError> {
    Err(ActivityError::new(
        "Offline",
        format!("cannot reach {host}"),
    ))
}

#[workflow]
pub async fn reaches() -> Result<()> {
    Ok(reach("the moon".into()).await?)
}

#[workflow]
pub async fn divides(by: u32) -> Result<u32> {
    assert!(by > 0, "nothing is divided by {by}");
    workflow::sleep("1 day").await?;
    Ok(84 / by)
}

/// What the test says that does this.
#[track_caller]
fn failure<F: Future<Output = ()>>(
    setup: Setup,
    test: impl FnOnce(TestEnv) -> F + std::panic::UnwindSafe,
) -> String {
    let outcome = catch_unwind(|| run(setup, test));
    let panic = outcome.expect_err("it gives up");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn a_task_that_fails_each_time_fails_the_test() {
    let message = failure(Setup::default(), |env| async move {
        let _ = env.client().workflow(divides, "w").execute(0_u32).await;
    });
    assert!(
        message.contains("workflow \"w\" does not go on"),
        "{message}"
    );
    assert!(message.contains("nothing is divided by 0"), "{message}");
}

#[test]
fn a_workflow_that_nobody_has_fails_the_test() {
    let message = failure(Setup::default(), |env| async move {
        let workflow = env.client().untyped_workflow("forgotten", "w");
        let _ = workflow.execute::<_, ()>(()).await;
    });
    assert!(message.contains("`forgotten`"), "{message}");
}

#[test]
fn an_activity_that_fails_each_time_fails_the_test() {
    let setup = Setup {
        attempts: Some(100),
        ..Setup::default()
    };
    let message = failure(setup, |env| async move {
        let _ = env.client().workflow(reaches, "w").execute(()).await;
    });
    assert!(
        message.contains("activity `reach` has failed 100 times"),
        "{message}"
    );
    assert!(message.contains("cannot reach the moon"), "{message}");
}

#[mainspring::test(without_giving_up = "to see that it can be turned off")]
async fn it_can_be_turned_off(env: TestEnv) -> Result<()> {
    let run = env.client().workflow(divides, "w").start(0_u32).await?;
    loop {
        let description = run.describe().await?;
        let task = &description.raw().pending_workflow_task;
        if task.as_ref().is_some_and(|task| task.attempt >= 2) {
            break;
        }
        tokio::task::yield_now().await;
    }
    run.terminate("seen enough").await?;
    Ok(())
}
