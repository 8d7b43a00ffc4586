//! Local activities.

use std::sync::Mutex;
use std::time::Duration;

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

use crate::World;

#[activity(start_to_close = "10s")]
async fn lookup(key: String) -> Result<String, ActivityError> {
    Ok(format!("value of {key}"))
}

#[activity(start_to_close = "10s", retry(initial_interval = "10ms"))]
async fn flaky() -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    if attempt < 3 {
        return Err(ActivityError::new("Flaky", "again"));
    }
    Ok(attempt)
}

#[workflow]
async fn look_up(key: String) -> Result<String> {
    let value = lookup(key).local().await?;
    // The result must survive a replay.
    workflow::sleep("10ms").await?;
    let attempts = flaky().local().await?;
    Ok(format!("{value} after {attempts}"))
}

#[tokio::test]
async fn a_local_activity_runs_within_the_task() {
    let world = World::new().await;
    let run = world.client.workflow(look_up, world.id("local"));
    let value = run.execute("a").await.expect("it completes");
    assert_eq!(value, "value of a after 3");
}

#[tokio::test]
async fn its_result_is_replayed_from_its_marker() {
    let world = World::with(|worker| worker.max_cached_workflows(0)).await;
    let run = world.client.workflow(look_up, world.id("replayed"));
    let value = run.execute("a").await.expect("it completes");
    assert_eq!(value, "value of a after 3");
}

static ATTEMPTS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Waits for longer than a worker keeps a task, so that the workflow waits by a timer.
#[activity(
    start_to_close = "10s",
    retry(initial_interval = "1h", backoff_coefficient = 1.0)
)]
async fn stubborn() -> Result<u32, ActivityError> {
    let attempt = activity::info().attempt;
    ATTEMPTS.lock().expect("no panic").push(attempt);
    match attempt {
        4 => Ok(attempt),
        _ => Err(ActivityError::new("Stubborn", "not yet")),
    }
}

#[workflow]
async fn waits_for_the_stubborn() -> Result<u32> {
    Ok(stubborn().local().await?)
}

#[mainspring::test]
async fn its_retries_go_on_at_another_worker(env: TestEnv) -> Result<()> {
    let before = env.now();
    let workflow = env.client().workflow(waits_for_the_stubborn, "w");
    let run = workflow.start(()).await?;
    env.advance("90m").await?;
    assert_eq!(*ATTEMPTS.lock().expect("no panic"), [1, 2]);
    env.crash_worker().await?;
    assert_eq!(run.result().await?, 4);
    // What was done before is read from the markers, not done again.
    assert_eq!(*ATTEMPTS.lock().expect("no panic"), [1, 2, 3, 4]);
    let passed = env.now().duration_since(before).expect("time goes on");
    let hour = Duration::from_secs(60 * 60);
    assert!((hour * 3..hour * 4).contains(&passed), "{passed:?}");
    let history = env.history(&run).await?;
    assert_eq!(history.timers(), [hour; 3]);
    env.replay(&run).await?;
    Ok(())
}

#[activity(
    start_to_close = "10s",
    schedule_to_close = "150m",
    retry(
        initial_interval = "1h",
        backoff_coefficient = 1.0,
        maximum_attempts = 10
    )
)]
async fn hopeless() -> Result<(), ActivityError> {
    let attempt = activity::info().attempt;
    Err(ActivityError::new("Hopeless", format!("attempt {attempt}")))
}

#[workflow]
async fn waits_for_the_hopeless() -> Result<String> {
    let failed = hopeless().local().await.expect_err("it always fails");
    Ok(failed.failure().root_cause().message.clone())
}

#[mainspring::test]
async fn its_time_goes_on_while_the_workflow_waits(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(waits_for_the_hopeless, "w");
    let run = workflow.start(()).await?;
    env.advance("90m").await?;
    // Where it is taken up, its time is not given anew.
    env.crash_worker().await?;
    assert_eq!(run.result().await?, "attempt 3");
    let hour = Duration::from_secs(60 * 60);
    assert_eq!(env.history(&run).await?.timers(), [hour; 2]);
    Ok(())
}

/// Takes longer than those who are called beside it.
#[activity(start_to_close = "10s")]
async fn dawdles(until_cancelled: bool) -> Result<String, ActivityError> {
    match until_cancelled {
        true => Ok(format!("{:?}", activity::cancelled().await)),
        false => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok("lingered".to_owned())
        }
    }
}

#[workflow_interface]
pub trait Desk {
    #[run]
    async fn open(&self) -> Result<Vec<String>>;
    #[signal]
    async fn note(&self, key: String);
    #[update]
    async fn ask(&self, key: String) -> String;
}

#[derive(Default)]
pub struct LocalDesk {
    notes: State<Vec<String>>,
}

#[workflow]
impl Desk for LocalDesk {
    async fn open(&self) -> Result<Vec<String>> {
        let slow = dawdles(false).local();
        let quick = lookup("quick".into()).local();
        let (slow, quick) = join!(slow, quick);
        let draw = workflow::side_effect(|| 7_u32);
        let attempts = match workflow::patched("flaky") {
            true => flaky().local().await?,
            false => 0,
        };
        // The one that loses is told to stop, and its end is recorded.
        let first = select! {
            value = lookup("first".into()).local() => value?,
            value = dawdles(true).local() => value?,
        };
        workflow::wait_until(|| self.notes.get().len() >= 2).await?;
        workflow::sleep("1 day").await?;
        let all = [slow?, quick?, draw.to_string(), attempts.to_string(), first];
        let notes = self.notes.get().into_iter();
        Ok(all.into_iter().chain(notes).collect())
    }

    async fn note(&self, key: String) {
        if let Ok(value) = lookup(key).local().await {
            self.notes.update(|notes| notes.push(value));
        }
    }

    async fn ask(&self, key: String) -> String {
        let value = lookup(key).local().await;
        let value = value.unwrap_or_default();
        self.notes.update(|notes| notes.push(value.clone()));
        value
    }
}

#[mainspring::test]
async fn tasks_with_local_activities_are_run_again(env: TestEnv) -> Result<()> {
    let desk = env.client().workflow(Desk, "w");
    let run = desk.open().start().await?;
    desk.note("a").await?;
    assert_eq!(desk.ask("b").await?, "value of b");
    env.crash_worker().await?;
    assert_eq!(
        run.result().await?,
        [
            "lingered",
            "value of quick",
            "7",
            "3",
            "value of first",
            "value of a",
            "value of b"
        ]
    );
    env.replay(&run).await?;
    Ok(())
}

#[activity(start_to_close = "10s")]
async fn outlasts_a_task() -> Result<u32, ActivityError> {
    tokio::time::sleep(Duration::from_millis(1200)).await;
    Ok(7)
}

#[workflow]
async fn waits_for_what_outlasts_a_task() -> Result<u32> {
    let quick = lookup("quick".into()).local();
    let slow = outlasts_a_task().local();
    let (quick, slow) = join!(quick, slow);
    quick?;
    Ok(slow?)
}

#[mainspring::test]
async fn tasks_that_one_outlasts_are_run_again(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(waits_for_what_outlasts_a_task, "w");
    let run = workflow.task_timeout("1s").start(()).await?;
    assert_eq!(run.result().await?, 7);
    env.replay(&run).await?;
    Ok(())
}
