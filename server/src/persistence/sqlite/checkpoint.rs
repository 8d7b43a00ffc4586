//! Moves what is in the log into the file, beside the commits.
//!
//! A checkpoint beside commits may never reach the log's end, and then the log cannot start over.
//! So from [`FORCED_FROM`] on the writer makes one itself, which has little left to do by then.
//! Neither waits for readers: a backup only makes the log longer.

use std::{
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
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
    news: Arc<News>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread waits for.
#[derive(Debug, Default)]
struct News {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Something was written since the last checkpoint began.
    written: bool,
    closed: bool,
}

impl News {
    /// Waits until there is something to move, and lets the interval pass. `false` once the store is closed.
    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        while !state.written && !state.closed {
            self.changed.wait(&mut state);
        }
        let until = Instant::now() + INTERVAL;
        while !state.closed && !self.changed.wait_until(&mut state, until).timed_out() {}
        state.written = false;
        !state.closed
    }
}

/// Tells the thread that there is something to do.
#[derive(Debug)]
pub(super) struct Nudge(Arc<News>);

impl Nudge {
    pub(super) fn nudge(&self) {
        let mut state = self.0.state.lock();
        // The first of an interval is enough to wake it up.
        if !std::mem::replace(&mut state.written, true) {
            self.0.changed.notify_one();
        }
    }
}

impl Checkpointer {
    pub(super) fn start(connection: Connection, progress: Arc<Progress>) -> Self {
        let news = Arc::<News>::default();
        let waited_for = Arc::clone(&news);
        let thread = std::thread::spawn(move || run(&connection, &waited_for, &progress));
        Self {
            news,
            thread: Some(thread),
        }
    }

    pub(super) fn nudge(&self) -> Nudge {
        Nudge(Arc::clone(&self.news))
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.news.state.lock().closed = true;
        self.news.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, news: &News, progress: &Progress) {
    while news.wait() {
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
