//! The store that keeps everything in one SQLite file.
//!
//! - One thread writes ([`writer`]). It takes whatever commits wait, and puts them into one
//!   transaction with one fsync: a lone commit pays for one, a thousand concurrent ones share it.
//! - A second thread tells the committers, in order, so that the next group is not kept waiting.
//! - Readers have connections of their own ([`reader`]); in WAL mode they do not wait for the
//!   writer, nor it for them. A read that follows a commit that is not durable yet waits for it.
//! - A third thread moves the log into the file ([`checkpoint`]) while commits go on.
//!
//! What fails to be written, or to be moved from the log into the file, stops the store for good: the
//! runs in memory have moved on, and after a failed fsync nobody knows what is on disk. So nothing
//! after the failure may be acknowledged. [`SqliteStore::failure`] tells the server to stop.

mod checkpoint;
mod file;
mod reader;
mod schema;
mod visibility;
mod writer;

#[cfg(test)]
mod faulty;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use mainspring_proto::enums::v1::WorkflowExecutionStatus;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use self::{
    checkpoint::Checkpointer,
    file::FileLock,
    reader::Readers,
    writer::{Progress, Work, Writer},
};
use super::{Commit, Done, OpenError, Store, StoreError, StoredRun};
use crate::{
    history::ids::{EventId, RunKey, WorkflowKey},
    visibility::{Executions, Narrow, Place, Record},
};

/// How much a crash of the machine may take. A crash of the program alone never takes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// Nothing: every acknowledged write is on disk.
    #[default]
    Full,
    /// The last moments before the crash; the file stays whole.
    Normal,
    /// More than that, and possibly the file.
    Off,
}

impl Durability {
    fn synchronous(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
            Self::Off => "OFF",
        }
    }
}

/// Where and how to keep the data.
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// The data file; it is made if it is not there.
    pub path: PathBuf,
    /// How much a crash of the machine may take.
    pub durability: Durability,
    /// Pragmas that are set on the writing connection, after ours.
    pub pragmas: Vec<(String, String)>,
}

impl SqliteConfig {
    /// The file at `path`, fully durable.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            durability: Durability::default(),
            pragmas: Vec::new(),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    writer: Writer,
    readers: Readers,
    /// `None` once the store is closed, as is the lock.
    checkpointer: Mutex<Option<Checkpointer>>,
    lock: Mutex<Option<FileLock>>,
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl SqliteStore {
    /// Opens a data file, and makes or migrates it if need be.
    ///
    /// # Errors
    /// When it is in use, not ours, newer than this program or not whole; it is left as it was.
    pub(crate) fn open(config: &SqliteConfig) -> Result<Self, OpenError> {
        let path = config.path.as_path();
        let lock = FileLock::take(path)?;
        file::check(path)?;
        let failed = |source| OpenError::Sqlite {
            path: path.to_owned(),
            source,
        };
        let mut connection = connect(path).map_err(failed)?;
        // With the old kind of journal, so that the header says whose file it is from the start.
        schema::migrate(&mut connection).map_err(failed)?;
        configure(&connection, config).map_err(failed)?;
        let readers = Readers::new(path);
        let progress = Arc::<Progress>::default();
        let checkpoints = connect(path).map_err(failed)?;
        let checkpointer = Checkpointer::start(checkpoints, Arc::clone(&progress));
        let writer = Writer::start(connection, checkpointer.nudge(), progress);
        Ok(Self {
            writer,
            readers,
            checkpointer: Mutex::new(Some(checkpointer)),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Cancelled when a write has failed, after which none succeeds.
    pub(crate) fn failure(&self) -> CancellationToken {
        self.writer.failure()
    }

    /// Reads after every commit of `run` that was handed over before is durable.
    fn read<T>(
        &self,
        run: Option<&WorkflowKey>,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(workflow) = run {
            self.writer.wait_for(workflow)?;
        }
        self.readers.with(read)
    }
}

/// How many prepared statements a connection keeps: all that there are.
const STATEMENTS: usize = 32;

/// A connection that waits a little instead of failing when another program holds the file.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Sets up the writing connection.
fn configure(connection: &Connection, config: &SqliteConfig) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", config.durability.synchronous())?;
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    for (name, value) in &config.pragmas {
        // Some pragmas answer and some do not; neither is of interest.
        connection.pragma(None, name, value, |_| Ok(()))?;
    }
    // Last, because a pragma on checkpoints would take its place.
    checkpoint::force_from_time_to_time(connection);
    Ok(())
}

impl Executions for SqliteStore {
    fn executions(
        &self,
        namespace_id: &str,
        after: &Place,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.read(None, |connection| {
            visibility::executions(connection, namespace_id, after, limit)
        })
    }

    fn few(
        &self,
        namespace_id: &str,
        condition: &Narrow<'_>,
        limit: usize,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        self.read(None, |connection| {
            visibility::few(connection, namespace_id, condition, limit)
        })
    }

    fn statuses(
        &self,
        namespace_id: &str,
    ) -> Result<BTreeMap<WorkflowExecutionStatus, usize>, StoreError> {
        self.read(None, |connection| {
            visibility::statuses(connection, namespace_id)
        })
    }

    fn closed_before(
        &self,
        namespace_id: &str,
        time: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, StoreError> {
        self.read(None, |connection| {
            visibility::closed_before(connection, namespace_id, time, limit)
        })
    }
}

impl Store for SqliteStore {
    fn commit(&self, commit: Commit, done: Done) {
        self.writer.submit(Work::Commit(commit), done);
    }

    fn current_run(&self, workflow: &WorkflowKey) -> Result<Option<Arc<str>>, StoreError> {
        self.read(Some(workflow), |connection| {
            reader::current_run(connection, workflow)
        })
    }

    fn load(&self, run: &RunKey) -> Result<Option<StoredRun>, StoreError> {
        self.read(Some(&run.workflow), |connection| {
            reader::load(connection, run)
        })
    }

    fn history(
        &self,
        run: &RunKey,
        from: EventId,
        to: EventId,
        limit: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        self.read(Some(&run.workflow), |connection| {
            reader::history(connection, run, from, to, limit)
        })
    }

    fn delete(&self, runs: &[RunKey], done: Done) {
        self.writer.submit(Work::Delete(runs.to_vec()), done);
    }

    fn active_runs(&self) -> Result<Vec<RunKey>, StoreError> {
        self.read(None, reader::active_runs)
    }

    fn put_namespace(&self, id: &str, namespace: Bytes, done: Done) {
        self.writer
            .submit(Work::PutNamespace(id.to_owned(), namespace), done);
    }

    fn delete_namespace(&self, id: &str, done: Done) {
        self.writer
            .submit(Work::DeleteNamespace(id.to_owned()), done);
    }

    fn namespaces(&self) -> Result<Vec<Bytes>, StoreError> {
        self.read(None, reader::namespaces)
    }

    fn close(&self) {
        // The writer uses the checkpointer, everything uses the file, and the lock guards the file.
        self.writer.close();
        self.readers.close();
        self.checkpointer.lock().take();
        self.lock.lock().take();
    }
}

/// Makes a consistent copy of a data file, whether or not a server is using it.
///
/// # Errors
/// When the file cannot be read, or `to` exists already or cannot be written.
pub fn backup(from: &Path, to: &Path) -> Result<(), OpenError> {
    if !file::check(from)? {
        return Err(OpenError::Io {
            path: from.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        });
    }
    let io_failed = |source| OpenError::Io {
        path: to.to_owned(),
        source,
    };
    if to.exists() {
        return Err(io_failed(std::io::ErrorKind::AlreadyExists.into()));
    }
    // Under another name until it is whole, so that a half-made copy is not taken for one.
    let partial = file::beside(to, ".partial");
    let failed = |source| OpenError::Sqlite {
        path: to.to_owned(),
        source,
    };
    let result = (|| {
        let connection = connect(from).map_err(failed)?;
        let name = partial.to_string_lossy();
        connection
            .execute("VACUUM INTO ?1", [&name])
            .map_err(failed)?;
        std::fs::File::open(&partial)
            .and_then(|copy| copy.sync_all())
            .map_err(io_failed)?;
        std::fs::rename(&partial, to).map_err(io_failed)
    })();
    if result.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    result
}
