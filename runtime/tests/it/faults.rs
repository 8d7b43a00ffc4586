//! Workflows finish although workers and servers are killed, and although what goes over the wire is lost, late or twice.

use std::time::Duration;

use mainspring::client::WorkflowHandle;
use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use mainspring_proto::enums::v1::PendingActivityState;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[activity(start_to_close = "1h")]
async fn hangs_at_first(attempt: u32) -> Result<u32, ActivityError> {
    if activity::info().attempt == 1 {
        std::future::pending::<()>().await;
    }
    Ok(attempt + activity::info().attempt)
}

#[activity(start_to_close = "1m")]
async fn add(a: u32, b: u32) -> Result<u32, ActivityError> {
    Ok(a + b)
}

#[workflow]
pub async fn calls_what_hangs() -> Result<u32> {
    Ok(hangs_at_first(40).await?)
}

#[activity(start_to_close = "1h")]
async fn increment(number: u32) -> Result<u32, ActivityError> {
    Ok(number + 1)
}

#[workflow]
pub async fn calls_one_by_one(count: u32) -> Result<u32> {
    let mut number = 0;
    for _ in 0..count {
        number = increment(number).await?;
    }
    Ok(number)
}

#[workflow_interface]
pub trait Tally {
    #[run]
    async fn tally(&self, days: u32) -> Result<u32>;
    #[signal]
    fn give(&self, amount: u32);
    #[update]
    fn take(&self, amount: u32) -> u32;
    #[query]
    fn total(&self) -> u32;
}

#[derive(Default)]
pub struct TallyWorkflow {
    total: State<u32>,
}

#[workflow]
impl Tally for TallyWorkflow {
    async fn tally(&self, days: u32) -> Result<u32> {
        for day in 0..days {
            workflow::sleep("1 day").await?;
            let total = add(self.total.get(), day).await?;
            self.total.set(total);
        }
        Ok(self.total.get())
    }

    fn give(&self, amount: u32) {
        self.total.update(|total| *total += amount);
    }

    fn take(&self, amount: u32) -> u32 {
        self.total.update(|total| *total -= amount);
        self.total.get()
    }

    fn total(&self) -> u32 {
        self.total.get()
    }
}

/// Waits until the worker has taken the activity.
async fn until_it_hangs(run: &WorkflowHandle<calls_what_hangs>) -> Result<()> {
    loop {
        let described = run.describe().await?;
        let activities = &described.raw().pending_activities;
        let started = PendingActivityState::Started;
        if activities.iter().any(|it| it.state() == started) {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

#[mainspring::test]
async fn an_activity_outlives_its_worker(env: TestEnv) -> Result<()> {
    let before = env.now();
    let run = env
        .client()
        .workflow(calls_what_hangs, "w")
        .start(())
        .await?;
    until_it_hangs(&run).await?;
    env.crash_worker().await?;
    assert_eq!(run.result().await?, 42);
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!(passed < DAY);
    Ok(())
}

#[mainspring::test]
async fn a_run_outlives_its_server(env: TestEnv) -> Result<()> {
    let before = env.now();
    let tally = env.client().workflow(Tally, "w");
    let run = tally.tally(10).start().await?;
    tally.give(100).await?;
    env.advance("3 days 1h").await?;
    let now = env.now();
    env.crash_server().await?;
    assert!(env.now() >= now, "its clock goes on");
    assert_eq!(tally.total().await?, 103);
    assert_eq!(tally.take(3).await?, 100);
    env.crash_server().await?;
    assert_eq!(run.result().await?, 142);
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!((DAY * 10..DAY * 11).contains(&passed), "{passed:?}");
    // What was shown of it before is shown again.
    env.crash_server().await?;
    let mut found = env.client().list_workflows("WorkflowType = 'Tally'");
    assert_eq!(
        found.next().await?.map(|it| it.id().to_owned()),
        Some("w".to_owned())
    );
    env.replay(&run).await?;
    Ok(())
}

#[mainspring::test]
async fn a_result_is_waited_for_across_a_crash(env: TestEnv) -> Result<()> {
    let run = env.client().workflow(Tally, "w").tally(100).start().await?;
    let (result, crashed) = tokio::join!(run.result(), async {
        env.advance("2 days").await?;
        env.crash_server().await
    });
    crashed?;
    assert_eq!(result?, 99 * 100 / 2);
    Ok(())
}

#[mainspring::test]
async fn an_attempt_by_hand_outlives_the_server(env: TestEnv) -> Result<()> {
    let attempts = env.by_hand::<hangs_at_first>();
    let workflow = env.client().workflow(calls_what_hangs, "w");
    let run = workflow.start(()).await?;
    let first = attempts.next().await;
    env.crash_server().await?;
    // It still is the test alone that is at work, and so time does not wait for it.
    assert!(!first.heartbeat(50_u32).await?);
    env.advance("2h").await?;
    let second = attempts.next().await;
    assert_eq!((first.number(), second.number()), (1, 2));
    env.crash_server().await?;
    second.complete(42).await?;
    assert_eq!(run.result().await?, 42);
    Ok(())
}

/// Tasks are on their way whenever the server crashes; those that did not arrive keep no clock waiting.
#[mainspring::test(faults)]
async fn a_server_crashes_at_any_moment(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(calls_one_by_one, "w");
    let run = workflow.start(8).await?;
    let crashes = async {
        for crash in 0..8 {
            let before = run.describe().await?.history_length();
            env.crash_server().await?;
            while run.describe().await?.history_length() == before {
                tokio::task::yield_now().await;
            }
            for _ in 0..crash * 3 {
                tokio::task::yield_now().await;
            }
        }
        std::future::pending::<Result<()>>().await
    };
    let result = tokio::select! {
        result = run.result() => result?,
        failed = crashes => return failed,
    };
    assert_eq!(result, 8);
    Ok(())
}

#[mainspring::test]
async fn a_server_crashes_after_a_worker(env: TestEnv) -> Result<()> {
    let workflow = env.client().workflow(calls_what_hangs, "w");
    let run = workflow.start(()).await?;
    until_it_hangs(&run).await?;
    env.crash_worker().await?;
    env.crash_server().await?;
    env.advance("2h").await?;
    assert_eq!(run.result().await?, 42);
    Ok(())
}

#[mainspring::test]
async fn time_goes_on_while_the_server_crashes(env: TestEnv) -> Result<()> {
    let tally = env.client().workflow(Tally, "w");
    let run = tally.tally(10).start().await?;
    let before = env.now();
    let hourly = async {
        for _ in 0..48 {
            let at = env.now();
            env.advance("1h").await?;
            assert!(env.now() >= at + DAY / 24);
        }
        Ok::<_, WorkflowError>(())
    };
    let crashes = async {
        for _ in 0..8 {
            env.crash_server().await?;
        }
        Ok::<_, WorkflowError>(())
    };
    let watch = async {
        let mut last = before;
        for _ in 0..1000 {
            let now = env.now();
            assert!(last <= now, "it goes back: {last:?}, {now:?}");
            last = now;
            tokio::task::yield_now().await;
        }
    };
    let (advanced, crashed, ()) = tokio::join!(hourly, crashes, watch);
    advanced?;
    crashed?;
    let passed = env.now().duration_since(before).expect("time goes on");
    assert!((DAY * 2..DAY * 3).contains(&passed), "{passed:?}");
    assert_eq!(run.result().await?, 45);
    Ok(())
}

/// One workflow of each kind of call, with whatever goes wrong.
async fn tally_on_a_bad_wire(env: TestEnv) -> Result<()> {
    let tally = env.client().workflow(Tally, "w");
    let run = tally.tally(5).start().await?;
    tally.give(100).await?;
    assert_eq!(
        tally.take(10).await?,
        90,
        "a signal or an update was done twice, or not at all"
    );
    env.advance("2 days").await?;
    assert_eq!(run.result().await?, 100);
    let history = env.history(&run).await?;
    assert_eq!(history.activity_calls::<add>().len(), 5);
    env.replay(&run).await?;
    Ok(())
}

#[mainspring::test(faults = 1)]
async fn a_bad_wire_of_seed_1(env: TestEnv) -> Result<()> {
    tally_on_a_bad_wire(env).await
}

#[mainspring::test(faults = 2)]
async fn a_bad_wire_of_seed_2(env: TestEnv) -> Result<()> {
    tally_on_a_bad_wire(env).await
}

#[mainspring::test(faults = 3)]
async fn a_bad_wire_of_seed_3(env: TestEnv) -> Result<()> {
    tally_on_a_bad_wire(env).await
}

#[mainspring::test(faults)]
async fn a_bad_wire_of_any_seed(env: TestEnv) -> Result<()> {
    tally_on_a_bad_wire(env).await
}

/// Fails in a process of its own.
#[mainspring::test(faults)]
async fn a_test_that_fails_where_it_is_told_to(_env: TestEnv) -> Result<()> {
    assert!(std::env::var_os("IT_FAILS").is_none(), "as it was told to");
    Ok(())
}

/// What a failing test prints, run with more variables.
fn printed_by_a_failure(variables: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().expect("there is one");
    let output = std::process::Command::new(program)
        .args(["faults::a_test_that_fails_where_it_is_told_to", "--exact"])
        .env("IT_FAILS", "1")
        .envs(variables.iter().copied())
        .output()
        .expect("it starts");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_seed_of_a_test_that_fails_is_printed_and_can_be_given_again() {
    let printed = printed_by_a_failure(&[]);
    let (_, rest) = printed.split_once("to have them again: ").expect("it is");
    let (variable, _) = rest.split_once(',').expect("the attribute comes next");
    let (name, seed) = variable.split_once('=').expect("it is an assignment");
    assert_eq!(name, "MAINSPRING_FAULTS");
    assert!(rest.contains(&format!("#[mainspring::test(faults = {seed})]")));
    let again = printed_by_a_failure(&[(name, seed)]);
    assert!(again.contains(&format!("those of seed {seed};")), "{again}");
    let wrong = printed_by_a_failure(&[(name, "seven")]);
    assert!(wrong.contains("must be the number of a seed"), "{wrong}");
}
