//! How closely the workflow code of a test is looked at, and what that has found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::Setup;

/// Up to here, in events, every task of a run is run again from the start.
const CLOSE: i64 = 200;
/// Beyond, it is done whenever the history has grown by this part of it: else a run of a thousand tasks would take a
/// million.
const GROWTH: i64 = 8;
/// So many times at most one task is run again, each with other seeds of hash maps: two seeds agree on the order of two
/// entries half the time.
const LOOKS: i64 = 8;
/// Looks at one task together cost no more than running some so many events, if it has no more itself.
const EVENTS: i64 = 40;
/// From this attempt on a workflow task that fails is one that will always fail: a test would wait forever.
const ATTEMPTS_OF_TASKS: i32 = 2;
/// And this attempt of an activity: eleven days of retries, by default, and more than a second of the machine's time.
const ATTEMPTS_OF_ACTIVITIES: u32 = 10_000;

/// How closely a worker looks at workflow code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrutiny {
    /// Whether every task is run a second time, from scratch.
    pub(crate) replays: bool,
    /// Whether calls of the operating system are noticed.
    pub(crate) trap: bool,
    /// Whether the test fails on what fails over and over.
    gives_up: bool,
    /// As many attempts as an activity has.
    attempts: u32,
    pub(crate) suspicions: Suspicions,
    /// The task of each run that was run again last, by its event.
    looked: Arc<Mutex<BTreeMap<String, i64>>>,
}

impl Scrutiny {
    pub(crate) fn new(setup: Setup, suspicions: Suspicions) -> Self {
        Self {
            replays: !setup.without_replay,
            trap: !setup.without_trap,
            gives_up: !setup.without_giving_up,
            attempts: setup.attempts.unwrap_or(ATTEMPTS_OF_ACTIVITIES),
            suspicions,
            looked: Arc::default(),
        }
    }

    /// How many times the task of this event is to be run again.
    pub(crate) fn looks_at(&self, run_id: &str, started: i64, is_last: bool) -> i64 {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let last = looked.get(run_id).copied().unwrap_or_default();
        let looks = is_last || started <= CLOSE || started - last > started / GROWTH;
        if looks {
            looked.insert(run_id.to_owned(), started);
            (EVENTS / started.max(1)).clamp(1, LOOKS)
        } else {
            0
        }
    }

    /// A workflow task has failed: while it is retried its run does not go on, nor does time.
    pub(crate) fn task_failed(&self, workflow_id: &str, attempt: i32, message: &str) {
        if self.gives_up && attempt >= ATTEMPTS_OF_TASKS {
            self.suspicions.report(format!(
                "workflow {workflow_id:?} does not go on, because its task fails each time it is run: {message}\n\
                 (`#[mainspring::test(without_giving_up = \"the reason\")]` lets it fail on)"
            ));
        }
    }

    /// An attempt of an activity has failed.
    pub(crate) fn activity_failed(&self, activity_type: &str, attempt: u32, message: &str) {
        if self.gives_up && attempt >= self.attempts {
            self.suspicions.report(format!(
                "activity `{activity_type}` has failed {attempt} times, the last time with: {message}\n\
                 Should it be mocked, or is its retry policy without an end?\n\
                 (`#[mainspring::test(without_giving_up = \"the reason\")]` lets it fail on)"
            ));
        }
    }
}

/// The first difference that was found, for whoever waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Suspicions(watch::Sender<Option<String>>);

impl Default for Suspicions {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Suspicions {
    pub(crate) fn report(&self, difference: String) {
        self.0.send_if_modified(|first| {
            let new = first.is_none();
            first.get_or_insert(difference);
            new
        });
    }

    /// What was found so far.
    pub(crate) fn found(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until something is found.
    pub(crate) async fn wait(&self) -> String {
        let mut found = self.0.subscribe();
        loop {
            if let Some(difference) = found.borrow_and_update().clone() {
                return difference;
            }
            if found.changed().await.is_err() {
                // `self` is a sender, so there is always one.
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_histories_are_looked_at_often_and_long_ones_seldom() {
        let scrutiny = Scrutiny::default();
        let looks = [0, 3, 5, 10, 20, 21, 200].map(|it| scrutiny.looks_at("run", it, false));
        assert_eq!(looks, [8, 8, 8, 4, 2, 1, 1]);
        let looks = [201, 220, 240].map(|it| scrutiny.looks_at("run", it, false));
        assert_eq!(looks, [0, 0, 1], "only once it has grown by an eighth");
        assert_eq!(scrutiny.looks_at("run", 241, true), 1, "the last task");
    }
}
