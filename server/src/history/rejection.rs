//! Why a request is refused. A refused request changes nothing, but that an overgrown run ends.

use std::fmt;

/// A refusal; `frontend/status.rs` maps each to its gRPC code and detail.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// There is no such workflow, run, task or update.
    NotFound(String),
    /// The run has ended.
    WorkflowClosed,
    /// The task of this token is over, or belongs to somebody else.
    WorkflowTaskNotFound,
    /// The activity of this token is over, or belongs to somebody else.
    ActivityNotFound,
    /// The request is malformed, or contradicts the state.
    InvalidArgument(String),
    /// The workflow id is in use.
    AlreadyStarted(AlreadyStarted),
    /// The state does not allow it now.
    FailedPrecondition(String),
    /// Queries and updates cannot be served yet.
    WorkflowNotReady(String),
    /// A limit of the run is reached.
    ResourceExhausted(String),
    /// The run takes no more signals, however long the caller waits.
    TooManySignals,
    /// The run would have become too large, and has ended.
    Overgrown(String),
    /// A task that was handed out is no longer wanted; the poll goes on.
    StaleTask,
    /// The run ended before it took the update.
    UpdateAborted,
    /// The same, twice, to an update that comes with a start.
    StartWithUpdateAborted,
    /// The caller may not do this.
    PermissionDenied(String),
}

/// Which run has the workflow id.
#[derive(Clone, Debug, PartialEq)]
pub struct AlreadyStarted {
    /// What is said to the user.
    pub message: String,
    /// The request that started it.
    pub start_request_id: String,
    /// Its run id.
    pub run_id: String,
    /// The first run of its chain.
    pub first_execution_run_id: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound(message)
            | Self::InvalidArgument(message)
            | Self::FailedPrecondition(message)
            | Self::WorkflowNotReady(message)
            | Self::ResourceExhausted(message)
            | Self::Overgrown(message)
            | Self::PermissionDenied(message) => message,
            Self::AlreadyStarted(it) => &it.message,
            Self::WorkflowClosed => "workflow execution already completed",
            Self::WorkflowTaskNotFound => "Workflow task not found.",
            Self::ActivityNotFound => {
                "invalid activityID or activity already timed out or invoking workflow is completed"
            }
            Self::TooManySignals => "exceeded workflow execution limit for signal events",
            Self::UpdateAborted | Self::StartWithUpdateAborted => {
                "workflow update was aborted by closing workflow"
            }
            Self::StaleTask => "the task is no longer wanted",
        })
    }
}

impl std::error::Error for Rejection {}
