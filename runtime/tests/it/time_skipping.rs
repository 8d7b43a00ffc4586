//! Tests of workflows on a clock that skips time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainspring::history::History;
use mainspring::prelude::*;
use mainspring::testing::TestEnv;
use mainspring_proto::history::v1::history_event::Attributes;

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

/// Says what time it is, and how many times it has been said before.
#[workflow]
pub async fn strikes() -> Result<u32> {
    let before: u32 = workflow::last_completion_result().unwrap_or_default();
    deliver(seconds(workflow::now()).to_string()).await?;
    Ok(before + 1)
}

fn seconds(time: SystemTime) -> u64 {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH);
    since_epoch.expect("it is later").as_secs()
}

/// The seconds of the day at which the runs of a cron workflow were due in a year, each with the days since the one
/// before.
///
/// A run strikes as long after that as its worker takes, and the next is due whole seconds after it has closed. So what a
/// run sees of the time differs by what the machine took, and what it was due at does not.
async fn a_year_of_cron(env: &TestEnv) -> Result<Vec<(u64, u64)>> {
    const DAY: u64 = 24 * 60 * 60;
    let struck = env.mock::<deliver>(|(at,)| Ok(at));
    let cron = env.client().workflow(strikes, "c");
    let first = cron.execute(()).cron("30 9 * * *").start().await?;
    let current = cron.handle();
    let mut due = Vec::new();
    while due.len() < 365 {
        let next = due_at(&current.history().await?);
        env.advance_until(next).await?;
        due.push(seconds(next));
        assert_eq!(struck.calls().len(), due.len());
    }
    first.terminate("a year is enough").await?;
    let before = [due[0] - DAY].into_iter().chain(due.iter().copied());
    Ok(due
        .iter()
        .zip(before)
        .map(|(at, before)| (at % DAY, at / DAY - before / DAY))
        .collect())
}

/// When the first task of a run is due.
fn due_at(history: &History) -> SystemTime {
    let event = &history.events()[0];
    let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) = &event.attributes
    else {
        panic!("a history begins with the start: {event:?}");
    };
    let created = event.event_time.expect("it has a time");
    let created = SystemTime::try_from(created).expect("it is in range");
    let backoff = started.first_workflow_task_backoff.unwrap_or_default();
    created + Duration::try_from(backoff).expect("it is in range")
}

#[mainspring::test]
async fn a_year_of_cron_is_the_same_every_time(env: TestEnv) -> Result<()> {
    let another = env.beside().await?;
    let (first, second) = (a_year_of_cron(&env).await?, a_year_of_cron(&another).await?);
    assert_eq!(first, [(9 * 60 * 60 + 30 * 60, 1); 365]);
    assert_eq!(first, second);
    Ok(())
}

#[mainspring::test]
async fn time_stands_while_an_activity_is_at_work(env: TestEnv) -> Result<()> {
    let client = env.client();
    let works = client.workflow(works_within, "w").execute("30m").await?;
    assert!(works, "the activity takes milliseconds");
    Ok(())
}

#[activity(start_to_close = "1h")]
async fn never_ends() -> Result<(), ActivityError> {
    Ok(())
}

/// Calls what never ends, and says how that timed out and after how many minutes.
#[workflow]
pub async fn times_out(which: String) -> Result<(String, u64)> {
    let since = workflow::now();
    let call = never_ends();
    let call = match which.as_str() {
        "heartbeat" => call.heartbeat("20m").retry(RetryPolicy::none()),
        "start to close" => call.start_to_close("30m").retry(RetryPolicy::none()),
        _ => call.start_to_close("30m").schedule_to_close("2h 10m"),
    };
    let timeout = match call.await {
        Err(ActivityFailure::Timeout(kind, _)) => kind.to_string(),
        other => format!("{other:?}"),
    };
    let passed = workflow::now().duration_since(since);
    let passed = passed.expect("time goes on").as_secs() / 60;
    Ok((timeout, passed))
}

#[mainspring::test]
async fn timeouts_fire_when_they_should(env: TestEnv) -> Result<()> {
    let _attempts = env.by_hand::<never_ends>();
    for (which, timeout, after) in [
        ("heartbeat", "heartbeat timeout", 20),
        ("start to close", "start-to-close timeout", 30),
        // In the middle of the fifth attempt.
        ("schedule to close", "schedule-to-close timeout", 130),
    ] {
        let workflow = env.client().workflow(times_out, which);
        let result = workflow.execute(which).await?;
        assert_eq!(result, (timeout.to_owned(), after), "{which}");
    }
    Ok(())
}

#[mainspring::test]
async fn a_run_times_out_when_it_should(env: TestEnv) -> Result<()> {
    let before = env.now();
    let workflow = env.client().workflow(sleeps, "s").execute(200_u32);
    let run = workflow.run_timeout("100 days").start().await?;
    let error = run.result().await.expect_err("it takes too long");
    assert!(matches!(error, ClientError::WorkflowTimedOut), "{error}");
    assert!((DAY * 100..DAY * 101).contains(&passed(&env, before)));
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

#[activity(start_to_close = "1m")]
async fn ring() -> Result<(), ActivityError> {
    Ok(())
}

#[workflow]
pub async fn rings() -> Result<()> {
    Ok(ring().await?)
}

/// When an activity was asked for, in hours since the epoch, each attempt in its order.
type Hours = std::sync::Arc<std::sync::Mutex<Vec<u64>>>;

#[mainspring::test(starts_at = "2026-03-28T00:00:00+01:00")]
async fn a_cron_schedule_keeps_to_the_clocks_of_its_town(env: TestEnv) -> Result<()> {
    let hours = Hours::default();
    let heard = hours.clone();
    env.mock::<ring>(move |()| {
        let asked_for = activity::info().scheduled.expect("the server says it");
        let since_epoch = asked_for.duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since_epoch.expect("it is later").as_secs();
        heard.lock().expect("no panic").push(seconds / 3600);
        Ok(())
    });
    // The 28th of March 2026, 0:00 in Berlin.
    let start = (20_540 * 24) - 1;
    let since_epoch = env.now().duration_since(SystemTime::UNIX_EPOCH);
    let passed = since_epoch.expect("it is later").as_secs() - start * 3600;
    assert!(passed < 3600, "a test takes no hour: {passed}");
    let cron = env.client().workflow(rings, "c").execute(());
    cron.cron("CRON_TZ=Europe/Berlin 0 12 * * *")
        .start()
        .await?;
    env.advance("3 days").await?;
    // In the night of the 29th an hour is left out.
    let noons = [12, 24 + 11, 48 + 11].map(|hour| start + hour);
    assert_eq!(*hours.lock().expect("no panic"), noons);
    let beside = env.beside().await?;
    assert!(beside.now() < env.now(), "it starts where this one did");
    Ok(())
}

#[test]
#[should_panic(
    expected = "`starts_at = \"tomorrow\"` is no time from 1970 on: write a date, a time and an offset"
)]
fn a_start_that_is_no_time_is_refused() {
    let setup = mainspring::testing::Setup {
        starts_at: Some("tomorrow"),
        ..Default::default()
    };
    mainspring::testing::run(setup, |_| async {});
}
