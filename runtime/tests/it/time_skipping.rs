//! Tests of workflows on a clock that skips time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainspring::prelude::*;
use mainspring::testing::TestEnv;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[activity(
    start_to_close = "1m",
    retry(initial_interval = "1 day", backoff_coefficient = 1.0)
)]
async fn deliver(to: String) -> Result<String, ActivityError> {
    Err(ActivityError::new(
        "Unreachable",
        format!("there is no way to {to}"),
    ))
}

#[activity(start_to_close = "1m")]
async fn takes_a_while() -> Result<(), ActivityError> {
    tokio::time::sleep(Duration::from_millis(50)).await;
    Ok(())
}

#[workflow_interface]
pub trait Reminder {
    #[run]
    async fn remind(&self, name: String) -> Result<String>;
    #[signal]
    fn hurry(&self);
    #[query]
    fn is_waiting(&self) -> bool;
}

#[derive(Default)]
pub struct ReminderWorkflow {
    hurried: State<bool>,
    waited: State<bool>,
}

#[workflow]
impl Reminder for ReminderWorkflow {
    async fn remind(&self, name: String) -> Result<String> {
        let hurried = workflow::wait_until(|| self.hurried.get());
        // Whether somebody hurries or the month is over, it is time.
        let _ = hurried.timeout("30 days").await?;
        self.waited.set(true);
        Ok(deliver(name).await?)
    }

    fn hurry(&self) {
        self.hurried.set(true);
    }

    fn is_waiting(&self) -> bool {
        !self.waited.get()
    }
}

#[workflow]
pub async fn sleeps(days: u32) -> Result<()> {
    for _ in 0..days {
        workflow::sleep("1 day").await?;
    }
    Ok(())
}

#[workflow]
pub async fn works_within(limit: String) -> Result<bool> {
    let work = takes_a_while();
    let timer = workflow::sleep(limit.as_str());
    Ok(select! {
        done = work => { done?; true }
        slept = timer => { slept?; false }
    })
}

fn passed(env: &TestEnv, since: SystemTime) -> Duration {
    let passed = env.now().duration_since(since);
    passed.expect("time does not go back")
}

#[mainspring::test]
async fn a_month_passes_at_once(env: TestEnv) -> Result<()> {
    let deliver = env.mock::<deliver>(|(to,)| Ok(format!("told {to}")));
    let before = env.now();
    let reminder = env.client().workflow(Reminder, "r");
    let run = reminder.remind("Ada").start().await?;
    env.advance("29 days").await?;
    assert!(reminder.is_waiting().await?);
    assert_eq!(deliver.count(), 0);
    env.advance("2 days").await?;
    assert!(!reminder.is_waiting().await?);
    assert_eq!(run.result().await?, "told Ada");
    assert_eq!(deliver.calls(), [("Ada".to_owned(),)]);
    assert!((DAY * 31..DAY * 32).contains(&passed(&env, before)));
    env.replay(&run).await?;
    Ok(())
}

#[mainspring::test]
async fn a_signal_comes_first(env: TestEnv) -> Result<()> {
    env.mock::<deliver>(|(to,)| Ok(format!("told {to}")));
    let before = env.now();
    let reminder = env.client().workflow(Reminder, "r");
    let run = reminder.remind("Ada").start().await?;
    env.advance("10 days").await?;
    reminder.hurry().await?;
    assert_eq!(run.result().await?, "told Ada");
    assert!((DAY * 10..DAY * 11).contains(&passed(&env, before)));
    Ok(())
}

#[mainspring::test]
async fn a_week_of_retries(env: TestEnv) -> Result<()> {
    let attempts = AtomicU32::new(0);
    let deliver =
        env.mock::<deliver>(
            move |(to,)| match attempts.fetch_add(1, Ordering::Relaxed) {
                0..7 => Err(ActivityError::new("Away", "not at home")),
                _ => Ok(format!("told {to}")),
            },
        );
    let before = env.now();
    let reminder = env.client().workflow(Reminder, "r");
    let run = reminder.remind("Ada").start().await?;
    reminder.hurry().await?;
    assert_eq!(run.result().await?, "told Ada");
    assert_eq!(deliver.count(), 8);
    assert!((DAY * 7..DAY * 8).contains(&passed(&env, before)));
    Ok(())
}

#[mainspring::test]
async fn a_year_of_days(env: TestEnv) -> Result<()> {
    let before = env.now();
    env.client().workflow(sleeps, "s").execute(365_u32).await?;
    assert!((DAY * 365..DAY * 366).contains(&passed(&env, before)));
    Ok(())
}

#[mainspring::test]
async fn time_stands_while_an_activity_is_at_work(env: TestEnv) -> Result<()> {
    let client = env.client();
    let works = client.workflow(works_within, "w").execute("30m").await?;
    assert!(works, "the activity takes milliseconds");
    Ok(())
}

#[mainspring::test]
async fn time_can_be_set_to_an_instant(env: TestEnv) -> Result<()> {
    let then = env.now() + DAY * 100;
    let run = env.client().workflow(sleeps, "s").start(200_u32).await?;
    env.advance_until(then).await?;
    assert!(env.now() >= then && env.now() < then + DAY);
    run.result().await?;
    Ok(())
}

#[mainspring::test]
async fn a_worker_crashes_and_another_goes_on(env: TestEnv) -> Result<()> {
    let run = env.client().workflow(sleeps, "s").start(10_u32).await?;
    env.advance("5 days").await?;
    env.crash_worker().await?;
    run.result().await?;
    env.replay(&run).await?;
    Ok(())
}

#[tokio::test]
async fn real_time_cannot_be_skipped() {
    let env = TestEnv::start().await.expect("a server starts");
    let error = env.advance("1 day").await.expect_err("its time is real");
    assert!(
        error
            .to_string()
            .contains("the time of this server is real")
    );
}
