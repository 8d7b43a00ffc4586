//! Moves what is in the log into the file, beside the commits.
//!
//! A checkpoint beside commits may never reach the log's end, and then the log cannot start over.
//! So from [`FORCED_FROM`] on the writer makes one itself, which has little left to do by then.
//! Neither waits for readers: a backup only makes the log longer.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::writer::Progress;
use crate::persistence::StoreError;

/// How many pages the log may have before the writer itself makes a checkpoint: 64 MiB.
const FORCED_FROM: i32 = 16 * 1024;

/// At most one checkpoint in this time: each copies a page once, however often it was written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The thread.
#[derive(Debug)]
pub(super) struct Checkpointer {
    nudges: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread that there is something to do.
#[derive(Debug)]
pub(super) struct Nudge(SyncSender<()>);

impl Nudge {
    pub(super) fn nudge(&self) {
        // If one is waiting already, that one will do.
        let _ = self.0.try_send(());
    }
}

impl Checkpointer {
    pub(super) fn start(connection: Connection, progress: Arc<Progress>) -> Self {
        let (nudges, nudged) = mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || run(&connection, &nudged, &progress));
        Self {
            nudges: Some(nudges),
            thread: Some(thread),
        }
    }

    pub(super) fn nudge(&self) -> Nudge {
        // It is only taken out when the checkpointer is dropped.
        Nudge(
            self.nudges
                .clone()
                .expect("a running checkpointer takes nudges"),
        )
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        // The thread ends with the last sender; the writer's is gone by now.
        self.nudges.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, nudged: &Receiver<()>, progress: &Progress) {
    while nudged.recv().is_ok() && wait(nudged) {
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done_or_busy(moved) {
            return progress.fail(&StoreError::Write(error.to_string()));
        }
    }
}

/// Lets the writing connection move a long log after its commits: between two of them the log's end
/// can be reached, so that the next one starts it over. SQLite's own way of doing so passes over
/// errors; here the commit fails with them.
pub(super) fn force_from_time_to_time(connection: &Connection) {
    connection.wal_hook(Some(|log, pages| {
        if pages < FORCED_FROM {
            return Ok(());
        }
        done_or_busy(log.checkpoint())
    }));
}

/// Somebody else may be at it, or have a lock for a moment: there is a next time.
fn done_or_busy(result: rusqlite::Result<()>) -> rusqlite::Result<()> {
    match result {
        Err(error) if is_busy(&error) => Ok(()),
        result => result,
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Lets the interval pass. `false` if the store is closed meanwhile.
fn wait(nudged: &Receiver<()>) -> bool {
    let until = Instant::now() + INTERVAL;
    loop {
        match nudged.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
