//! How closely the workflow code of a test is looked at, and what that has found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Up to here, in events, every task of a run is run again from the start.
const CLOSE: i64 = 200;
/// Beyond, it is done whenever the history has grown by this part of it: else a run of a thousand tasks would take a
/// million.
const GROWTH: i64 = 8;

/// How closely a worker looks at workflow code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrutiny {
    /// Whether every task is run a second time, from scratch.
    pub(crate) replays: bool,
    /// Whether calls of the operating system are noticed.
    pub(crate) trap: bool,
    pub(crate) suspicions: Suspicions,
    /// The task of each run that was run again last, by its event.
    looked: Arc<Mutex<BTreeMap<String, i64>>>,
}

impl Scrutiny {
    pub(crate) fn new(replays: bool, trap: bool, suspicions: Suspicions) -> Self {
        Self {
            replays,
            trap,
            suspicions,
            looked: Arc::default(),
        }
    }

    /// Whether the task of this event is to be run again.
    pub(crate) fn looks_at(&self, run_id: &str, started: i64, is_last: bool) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let last = looked.get(run_id).copied().unwrap_or_default();
        let looks = is_last || started <= CLOSE || started - last > started / GROWTH;
        if looks {
            looked.insert(run_id.to_owned(), started);
        }
        looks
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
