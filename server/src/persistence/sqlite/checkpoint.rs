//! Moves what is in the log into the file, beside the commits.
//!
//! A checkpoint beside commits may never reach the log's end, and then the log cannot start over.
//! So from [`FORCED_FROM`] on the writer makes one itself, which has little left to do by then.

use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// How many pages the log may have before the writer itself makes a checkpoint: 64 MiB.
pub(super) const FORCED_FROM: i64 = 16 * 1024;

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
    pub(super) fn start(connection: Connection) -> Self {
        let (nudges, nudged) = mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || run(&connection, &nudged));
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

fn run(connection: &Connection, nudged: &Receiver<()>) {
    while nudged.recv().is_ok() && wait(nudged) {
        let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done {
            // The log only grows meanwhile; the next nudge tries again.
            tracing::warn!(%error, "cannot move the log into the data file");
        }
    }
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
