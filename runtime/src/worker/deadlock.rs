//! Workflow code that does not come back.
//!
//! Code that blocks or computes for long holds up a thread of the worker, and its task times out without a word. A
//! thread of its own watches, since all others may be the ones that are held up.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use mainspring_proto::enums::v1::WorkflowTaskFailedCause;
use mainspring_proto::workflowservice::v1 as service;
use tokio::runtime::Handle;

use super::Shell;
use super::workflow_answer::codec_failure;
use crate::engine::Progress;
use crate::error::Failure;
use crate::registry::Location;

/// More threads than a worker has; those beyond are not watched.
const SLOTS: usize = 256;
/// How often the watch looks: a fraction of the shortest sensible limit.
const INTERVAL: Duration = Duration::from_millis(250);

/// What each thread is running. A slot is written by its thread and read by the watch, so that its lock is free.
pub(super) struct Watch {
    slots: Vec<Mutex<Option<Running>>>,
}

/// Workflow code that is being polled.
struct Running {
    since: Instant,
    reported: bool,
    run: WatchedRun,
}

/// Which run it is, and what to say of it.
pub(super) struct WatchedRun {
    pub(super) task_token: bytes::Bytes,
    pub(super) workflow_type: String,
    pub(super) workflow_id: String,
    pub(super) run_id: String,
    pub(super) location: Location,
    pub(super) progress: Progress,
}

thread_local! {
    static SLOT: Cell<usize> = const { Cell::new(usize::MAX) };
}
static THREADS: AtomicUsize = AtomicUsize::new(0);

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Runs workflow code under the watch.
    pub(super) fn watched<T>(&self, run: WatchedRun, code: impl FnOnce() -> T) -> T {
        let Some(slot) = self.slots.get(slot_of_this_thread()) else {
            return code();
        };
        *lock(slot) = Some(Running {
            since: Instant::now(),
            reported: false,
            run,
        });
        // The engine catches panics of user code, so that this is always reached.
        let value = code();
        *lock(slot) = None;
        value
    }
}

fn slot_of_this_thread() -> usize {
    if SLOT.get() == usize::MAX {
        SLOT.set(THREADS.fetch_add(1, Ordering::Relaxed));
    }
    SLOT.get()
}

fn lock(slot: &Mutex<Option<Running>>) -> MutexGuard<'_, Option<Running>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Watches until the worker is gone.
pub(super) fn spawn(shell: &Arc<Shell>) {
    let Some(limit) = shell.options.deadlock_timeout else {
        return;
    };
    let (shell, runtime) = (Arc::downgrade(shell), Handle::current());
    let thread = std::thread::Builder::new().name("mainspring-deadlock".to_owned());
    let watching = thread.spawn(move || {
        while look(&shell, &runtime, limit).is_some() {
            std::thread::sleep(INTERVAL);
        }
    });
    if let Err(error) = watching {
        tracing::warn!(%error, "workflow code is not watched for deadlocks: there is no thread for it");
    }
}

fn look(shell: &Weak<Shell>, runtime: &Handle, limit: Duration) -> Option<()> {
    let shell = shell.upgrade()?;
    for slot in &shell.watch.slots {
        let mut slot = lock(slot);
        let Some(running) = slot.as_mut() else {
            continue;
        };
        if running.reported || running.since.elapsed() < limit {
            continue;
        }
        running.reported = true;
        let message = running.run.message(limit);
        tracing::error!("{message}");
        let mut request = service::RespondWorkflowTaskFailedRequest {
            task_token: running.run.task_token.clone(),
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure as i32,
            failure: Some(Failure::application("Deadlock", message).into_proto()),
            identity: shell.client.identity().to_owned(),
            namespace: shell.client.namespace().to_owned(),
            ..Default::default()
        };
        let client = shell.client.clone();
        runtime.spawn(async move {
            if let Err(error) = client.data_converter().encode_all(&mut request).await {
                request.failure = Some(codec_failure(&error).failure.into_proto());
            }
            // If it is not taken the task has timed out, which says the same.
            let _ = client.shared.once(&request).await;
        });
    }
    Some(())
}

impl WatchedRun {
    fn message(&self, limit: Duration) -> String {
        let Self {
            workflow_type,
            workflow_id,
            run_id,
            location,
            progress,
            ..
        } = self;
        let since = match progress.last() {
            Some(at) => format!("since its call at {at}"),
            None => "since it began".to_owned(),
        };
        format!(
            "[TMPRL1101] potential deadlock: code of workflow `{workflow_type}` ({location}), id {workflow_id:?}, run {run_id}, \
             has not come back for {limit:?}, {since}. It blocks its thread or computes for long; do that in an activity"
        )
    }
}
