//! The tokens that workers and clients hand back to us. They name what they are for and are checked
//! against the state, so a forged one does no harm.

use mainspring_proto::prost::Message;
use tonic::Status;

use crate::history::{
    decide::{activity::ActivitySelector, fail_workflow_task::WorkflowTaskRef},
    ids::{EventId, RunKey, WorkflowKey},
    time::Time,
};

use super::status::invalid_argument;

/// A task that was handed out.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TaskToken {
    #[prost(string, tag = "1")]
    namespace_id: String,
    #[prost(string, tag = "2")]
    workflow_id: String,
    #[prost(string, tag = "3")]
    run_id: String,
    #[prost(int64, tag = "4")]
    scheduled_event_id: i64,
    #[prost(int64, tag = "5")]
    started_event_id: i64,
    #[prost(int32, tag = "6")]
    attempt: i32,
    #[prost(int64, tag = "7")]
    started_time: i64,
    /// Set for the task of a query.
    #[prost(string, tag = "8")]
    pub(crate) query_id: String,
}

impl TaskToken {
    pub(crate) fn workflow_task(run: &RunKey, task: WorkflowTaskRef) -> Self {
        Self {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            started_time: task.started_time.nanos(),
            ..Self::of(run)
        }
    }

    pub(crate) fn activity(run: &RunKey, scheduled_event_id: i64, attempt: i32) -> Self {
        Self {
            scheduled_event_id,
            attempt,
            ..Self::of(run)
        }
    }

    pub(crate) fn query(run: &RunKey, query_id: &str) -> Self {
        Self {
            query_id: query_id.to_owned(),
            ..Self::of(run)
        }
    }

    fn of(run: &RunKey) -> Self {
        Self {
            namespace_id: run.workflow.namespace_id.to_string(),
            workflow_id: run.workflow.workflow_id.to_string(),
            run_id: run.run_id.to_string(),
            ..Self::default()
        }
    }

    /// Reads a token that came back.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when it is missing, or none of ours.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Status> {
        if bytes.is_empty() {
            return Err(invalid_argument("Task token not set on request."));
        }
        let token = <Self as Message>::decode(bytes)
            .map_err(|_| invalid_argument("Error deserializing task token."))?;
        if token.workflow_id.is_empty() || token.run_id.is_empty() {
            return Err(invalid_argument("Error deserializing task token."));
        }
        Ok(token)
    }

    pub(crate) fn run(&self) -> RunKey {
        let workflow = WorkflowKey {
            namespace_id: self.namespace_id.as_str().into(),
            workflow_id: self.workflow_id.as_str().into(),
        };
        workflow.run(self.run_id.as_str())
    }

    /// Which task of the run it is: its scheduled event and attempt.
    pub(crate) fn task(&self) -> (EventId, i32) {
        (self.scheduled_event_id, self.attempt)
    }

    pub(crate) fn workflow_task_ref(&self) -> WorkflowTaskRef {
        WorkflowTaskRef {
            scheduled_event_id: self.scheduled_event_id,
            started_event_id: self.started_event_id,
            attempt: self.attempt,
            started_time: Time::from_nanos(self.started_time),
        }
    }

    pub(crate) fn activity_selector(&self) -> ActivitySelector {
        ActivitySelector::Token {
            scheduled_event_id: self.scheduled_event_id,
            attempt: self.attempt,
        }
    }
}

/// Where a history goes on.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct HistoryToken {
    #[prost(string, tag = "1")]
    pub(crate) run_id: String,
    /// The next event to return.
    #[prost(int64, tag = "2")]
    pub(crate) from: i64,
    /// The event before which the pages end; 0 if they follow the run as it grows.
    #[prost(int64, tag = "3")]
    pub(crate) to: i64,
    /// Set for a worker: the events of an attempt that is not written come last.
    #[prost(bool, tag = "4")]
    pub(crate) unwritten: bool,
    /// Set while a client waits for new events.
    #[prost(bool, tag = "5")]
    pub(crate) waits: bool,
}

impl HistoryToken {
    /// Reads a token that came back.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when it is none of ours.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Status> {
        <Self as Message>::decode(bytes)
            .ok()
            .filter(|token| !token.run_id.is_empty() && token.from >= 0 && token.to >= 0)
            .ok_or_else(|| invalid_argument("Invalid NextPageToken."))
    }
}
