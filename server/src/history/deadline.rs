//! When something is due in a run.

use std::sync::Arc;

use super::{ids::EventId, time::Time};

/// One thing that time alone will bring about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// When it is due.
    pub at: Time,
    /// What is due.
    pub what: Due,
}

/// What falls due. The order is that of handling at the same instant: results of timers before the
/// timeouts that would end the run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A user timer fires.
    Timer(Arc<str>),
    /// The next deadline of a pending activity: a retry or one of its timeouts.
    Activity(EventId),
    /// The first workflow task was delayed until now.
    FirstWorkflowTask,
    /// The workflow task was not picked up, or not completed, in time.
    WorkflowTask,
    /// The run has lasted too long.
    RunTimeout,
    /// The chain of runs has lasted too long.
    ExecutionTimeout,
}
