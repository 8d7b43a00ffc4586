//! What survives: a log of records per run, which run has each workflow id, and what visibility shows
//! of each.
//!
//! A [`Store`] appends and reads back, and understands nothing of what it holds, except for what
//! lists show ([`Executions`]). Timers and task queues are derived from the runs when the server
//! starts.
//!
//! After a crash a store has, for every commit, all of it or none of it; and if it has a commit, it
//! has all that were handed to it before. A commit is acknowledged only when it is durable.

mod fenced;
mod memory;
pub(crate) mod sqlite;
#[cfg(fuzzing)]
mod twin;

#[cfg(test)]
mod conformance;

use std::{fmt, io, path::PathBuf, sync::Arc};

use bytes::Bytes;

use crate::{
    history::ids::{EventId, RunKey, WorkflowKey},
    visibility::{Executions, Record},
};

pub(crate) use fenced::Fenced;
pub(crate) use memory::MemoryStore;
#[cfg(fuzzing)]
pub(crate) use twin::Twin;

/// One atomic step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commit {
    /// What is appended to which runs.
    pub(crate) runs: Vec<RunWrite>,
    /// The workflow id's run from now on, if that changes.
    pub(crate) current: Option<RunKey>,
}

impl Commit {
    /// The runs that must be there already: those that it does not make itself.
    fn goes_on(&self) -> impl Iterator<Item = &RunKey> {
        let makes = |run: &RunKey| {
            let mut writes = self.runs.iter();
            writes.any(|write| write.seq == 1 && write.run == *run)
        };
        let runs = self.runs.iter().map(|write| &write.run);
        runs.filter(move |run| !makes(run))
    }
}

/// One record of one run.
#[derive(Clone, Debug)]
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
    /// What visibility shows of the run from now on, if that changes.
    pub(crate) visibility: Option<Arc<Record>>,
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
pub(crate) trait Store: Executions + Send + Sync + fmt::Debug {
    /// Takes a commit; one that goes on with a deleted run does nothing. Commits become durable in the order in which they are handed over, and
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

    /// Forgets runs, and the workflow ids that are theirs, in turn with the commits.
    fn delete(&self, runs: &[RunKey], done: Done);

    /// The runs that have something to do after a restart.
    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError>;

    /// Keeps an encoded namespace, in place of the one of the same id.
    fn put_namespace(&self, id: &str, namespace: Bytes, done: Done);

    /// Forgets a namespace and all its runs.
    fn delete_namespace(&self, id: &str, done: Done);

    /// Every encoded namespace.
    fn namespaces(&self) -> Result<Vec<Bytes>, StoreError>;

    /// Makes durable what was handed over, and then takes and gives nothing more. Blocks meanwhile.
    fn close(&self);
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// What was read back makes no sense.
    Corrupt(String),
    /// It could not be read.
    Read(String),
    /// It could not be written, and nothing after it will be.
    Write(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(what) => write!(f, "corrupt store: {what}"),
            Self::Read(what) => write!(f, "cannot read from the store: {what}"),
            Self::Write(what) => write!(f, "cannot write to the store: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Why a data file was not opened. It was not written to.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Another server uses it.
    InUse(PathBuf),
    /// It is a file, but not one of ours.
    NotADataFile(PathBuf),
    /// A newer program has made it, or migrated it.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The newest version that this program knows.
        known: i32,
    },
    /// It is damaged.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How that shows.
        what: String,
    },
    /// The operating system refuses.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// SQLite refuses.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => {
                write!(
                    f,
                    "data file {} is in use by another server",
                    path.display()
                )
            }
            Self::NotADataFile(path) => {
                write!(f, "{} is not a data file of this program", path.display())
            }
            Self::Newer { path, found, known } => write!(
                f,
                "data file {} has version {found}, and this program knows versions up to {known}: \
                 use a newer program",
                path.display()
            ),
            Self::Corrupt { path, what } => {
                write!(f, "data file {} is damaged: {what}", path.display())
            }
            Self::Io { path, .. } => write!(f, "cannot use data file {}", path.display()),
            Self::Sqlite { path, .. } => write!(f, "cannot open data file {}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Sqlite { source, .. } => Some(source),
            Self::InUse(_) | Self::NotADataFile(_) | Self::Newer { .. } | Self::Corrupt { .. } => {
                None
            }
        }
    }
}
