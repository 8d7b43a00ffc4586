//! What a server tells of a workflow.

use std::fmt;
use std::time::SystemTime;

use mainspring_proto::enums::v1::WorkflowExecutionStatus;
use mainspring_proto::workflow::v1::WorkflowExecutionInfo;
use mainspring_proto::workflowservice::v1::DescribeWorkflowExecutionResponse;

use crate::converter::{ConverterError, DataConverter, Value};
use crate::time::time_from_proto;
use crate::workflow::SearchAttributes;

/// In which state a workflow is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkflowStatus {
    /// The server did not say.
    #[default]
    Unspecified,
    /// It runs.
    Running,
    /// It returned a value.
    Completed,
    /// It failed.
    Failed,
    /// It ended as cancelled.
    Cancelled,
    /// It was terminated.
    Terminated,
    /// It went on in a new run.
    ContinuedAsNew,
    /// It ran longer than its timeouts allow.
    TimedOut,
    /// It is paused.
    Paused,
}

impl WorkflowStatus {
    pub(crate) fn from_proto(status: i32) -> Self {
        match WorkflowExecutionStatus::try_from(status) {
            Ok(WorkflowExecutionStatus::Running) => Self::Running,
            Ok(WorkflowExecutionStatus::Completed) => Self::Completed,
            Ok(WorkflowExecutionStatus::Failed) => Self::Failed,
            Ok(WorkflowExecutionStatus::Canceled) => Self::Cancelled,
            Ok(WorkflowExecutionStatus::Terminated) => Self::Terminated,
            Ok(WorkflowExecutionStatus::ContinuedAsNew) => Self::ContinuedAsNew,
            Ok(WorkflowExecutionStatus::TimedOut) => Self::TimedOut,
            Ok(WorkflowExecutionStatus::Paused) => Self::Paused,
            Ok(WorkflowExecutionStatus::Unspecified) | Err(_) => Self::Unspecified,
        }
    }
}

impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "in an unknown state",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Terminated => "terminated",
            Self::ContinuedAsNew => "continued as new",
            Self::TimedOut => "timed out",
            Self::Paused => "paused",
        })
    }
}

/// What a server tells of a workflow.
#[derive(Clone, Debug)]
pub struct WorkflowDescription {
    raw: DescribeWorkflowExecutionResponse,
    converter: DataConverter,
}

impl WorkflowDescription {
    /// What cannot be decoded, since it is of somebody with another codec, stays as it is: all else is of use without it.
    pub(super) async fn decoded(
        mut raw: DescribeWorkflowExecutionResponse,
        converter: &DataConverter,
    ) -> Self {
        if let Err(error) = converter.decode_all(&mut raw).await {
            tracing::debug!(%error, "a description is not decoded");
        }
        Self {
            raw,
            converter: converter.clone(),
        }
    }

    /// Its state.
    pub fn status(&self) -> WorkflowStatus {
        WorkflowStatus::from_proto(self.info().map_or(0, |it| it.status))
    }

    /// Its type.
    pub fn workflow_type(&self) -> &str {
        let named = self.info().and_then(|it| it.r#type.as_ref());
        named.map_or("", |it| &it.name)
    }

    /// Its workflow id.
    pub fn id(&self) -> &str {
        let execution = self.info().and_then(|it| it.execution.as_ref());
        execution.map_or("", |it| &it.workflow_id)
    }

    /// Its run id.
    pub fn run_id(&self) -> &str {
        let execution = self.info().and_then(|it| it.execution.as_ref());
        execution.map_or("", |it| &it.run_id)
    }

    /// Its task queue.
    pub fn task_queue(&self) -> &str {
        self.info().map_or("", |it| &it.task_queue)
    }

    /// How many events its history has.
    pub fn history_length(&self) -> i64 {
        self.info().map_or(0, |it| it.history_length)
    }

    /// When it started.
    pub fn started(&self) -> Option<SystemTime> {
        self.info()?.start_time.map(time_from_proto)
    }

    /// When it closed.
    pub fn closed(&self) -> Option<SystemTime> {
        self.info()?.close_time.map(time_from_proto)
    }

    /// A value of its memo.
    ///
    /// # Errors
    /// If it does not decode as `T`.
    pub fn memo<T: Value>(&self, name: &str) -> Result<Option<T>, ConverterError> {
        let memo = self.info().and_then(|it| it.memo.as_ref());
        let payload = memo.and_then(|it| it.fields.get(name));
        payload
            .map(|it| self.converter.from_payload(it))
            .transpose()
    }

    /// Its search attributes.
    pub fn search_attributes(&self) -> SearchAttributes {
        let attributes = self.info().and_then(|it| it.search_attributes.clone());
        SearchAttributes::from_fields(attributes.unwrap_or_default().indexed_fields)
    }

    /// All that the server said.
    pub fn raw(&self) -> &DescribeWorkflowExecutionResponse {
        &self.raw
    }

    fn info(&self) -> Option<&WorkflowExecutionInfo> {
        self.raw.workflow_execution_info.as_ref()
    }
}
