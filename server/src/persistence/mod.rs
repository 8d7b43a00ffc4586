//! What survives: a log of records per run, and which run has each workflow id.
//!
//! A [`Store`] appends and reads back, and understands nothing of what it holds. Everything else
//! (timers, task queues, visibility) is derived from the runs when the server starts.
//!
//! After a crash a store has, for every commit, all of it or none of it; and if it has a commit, it
//! has all that were handed to it before. A commit is acknowledged only when it is durable.

mod memory;

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::history::ids::{EventId, RunKey, WorkflowKey};

pub(crate) use memory::MemoryStore;

/// One atomic step.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    /// What is appended to which runs.
    pub(crate) runs: Vec<RunWrite>,
    /// The workflow id's run from now on, if that changes.
    pub(crate) current: Option<RunKey>,
}

/// One record of one run.
#[derive(Debug)]
pub(crate) struct RunWrite {
    pub(crate) run: RunKey,
    /// Grows by one with every record of the run, from 1.
    pub(crate) seq: u64,
    /// The encoded changes; see `history/record.rs`.
    pub(crate) record: Bytes,
    /// The first event of the record, and the first that comes after it: the same if it has none.
    pub(crate) events: (EventId, EventId),
    /// Whether the run has anything to do after a restart.
    pub(crate) active: bool,
}

/// What a store holds of a run.
#[derive(Debug, Default)]
pub(crate) struct StoredRun {
    /// Every record, in order.
    pub(crate) records: Vec<Bytes>,
}

/// Called once the commit is durable, or was refused.
pub(crate) type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Keeps the runs.
pub(crate) trait Store: Send + Sync + fmt::Debug {
    /// Takes a commit. Commits become durable in the order in which they are handed over, and
    /// `done` is called in that order, on any thread, possibly before this returns.
    fn commit(&self, commit: Commit, done: Done);

    /// The run that has the workflow id.
    fn current_run(&self, workflow: &WorkflowKey) -> Result<Option<Arc<str>>, StoreError>;

    /// Everything about one run.
    fn load(&self, run: &RunKey) -> Result<Option<StoredRun>, StoreError>;

    /// The encoded events from `from` on, before `to`; at most about `limit` of them, whole records.
    fn history(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Vec<Bytes>, StoreError>;

    /// Forgets a run, and its workflow id if that is the run's.
    fn delete(&self, run: &RunKey) -> Result<(), StoreError>;

    /// The runs that have something to do after a restart.
    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError>;
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug)]
pub(crate) enum StoreError {
    /// What was read back makes no sense.
    Corrupt(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(what) => write!(f, "corrupt store: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}
