//! A workflow task that is scheduled or started.

use std::{sync::Arc, time::Duration};

use super::{
    deadline::{Deadline, Due},
    ids::EventId,
    time::Time,
};

/// How much of a workflow task is in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkflowTaskKind {
    /// Its events are written as they happen.
    Normal,
    /// A repeated attempt: its events exist only in the poll response until it succeeds.
    Transient,
    /// Made only to carry updates: nothing is written unless it turns out to matter.
    Speculative,
}

/// The one workflow task a run may have at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowTask {
    /// How much of it is written.
    pub kind: WorkflowTaskKind,
    /// Its WorkflowTaskScheduled event, which may be only reserved.
    pub scheduled_event_id: EventId,
    /// Its WorkflowTaskStarted event, which may be only reserved; 0 until a worker has it.
    pub started_event_id: EventId,
    /// From 1.
    pub attempt: i32,
    /// When it was scheduled.
    pub scheduled_time: Time,
    /// When the first of a series of heartbeats was scheduled.
    pub original_scheduled_time: Time,
    /// When a worker got it.
    pub started_time: Time,
    /// How long the worker may take.
    pub start_to_close: Duration,
    /// How long it may wait for a worker; zero for ever.
    pub schedule_to_start: Duration,
    /// The queue it waits on.
    pub queue: Arc<str>,
    /// Whether that is the worker's own queue.
    pub sticky: bool,
    /// The size of the history when it was started, in bytes. This and the next are kept, because an
    /// attempt that is written late must say what the worker was told.
    pub history_size: i64,
    /// Why the run had better continue as new: `SuggestContinueAsNewReason`.
    pub suggested: Vec<i32>,
    /// Who got it.
    pub identity: String,
    /// The poll that got it.
    pub request_id: String,
}

impl WorkflowTask {
    /// Whether a worker has it.
    pub fn is_started(&self) -> bool {
        self.started_event_id != 0
    }

    /// When it times out.
    pub fn deadline(&self) -> Option<Deadline> {
        let (from, timeout) = if self.is_started() {
            (self.started_time, self.start_to_close)
        } else {
            (self.scheduled_time, self.schedule_to_start)
        };
        (!timeout.is_zero()).then(|| Deadline {
            at: from.after(timeout),
            what: Due::WorkflowTask,
        })
    }
}

/// A worker's promise to keep the run in its cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Sticky {
    /// The worker's own queue.
    pub queue: Arc<str>,
    /// How long a task may wait there before it goes to the normal queue.
    pub schedule_to_start: Duration,
}
