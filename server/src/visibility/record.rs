//! One execution as visibility knows it: what queries ask for, and the message that lists return.

use std::{cmp::Reverse, sync::Arc};

use bytes::Bytes;
use mainspring_proto::{
    common::v1::WorkflowExecution, enums::v1::WorkflowExecutionStatus, prost_types,
    workflow::v1::WorkflowExecutionInfo,
};
use prost::Message;

use super::search_attributes::{self, CustomTypes, Value};

/// The place of an execution in every list: open ones first, then by the latest close, then by the
/// latest start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SortKey {
    /// `i64::MAX` while it is open.
    pub(super) close_time: Reverse<i64>,
    pub(super) start_time: Reverse<i64>,
    pub(super) run_id: Arc<str>,
}

/// An execution. The message itself is kept encoded: lists pass it on, queries need only the rest.
#[derive(Debug)]
pub(crate) struct Record {
    pub(super) workflow_id: Arc<str>,
    pub(super) run_id: Arc<str>,
    pub(super) workflow_type: Arc<str>,
    pub(super) task_queue: Arc<str>,
    pub(super) status: WorkflowExecutionStatus,
    pub(super) start_time: i64,
    pub(super) execution_time: i64,
    pub(super) close_time: Option<i64>,
    pub(super) history_length: i64,
    pub(super) history_size_bytes: i64,
    pub(super) state_transition_count: i64,
    pub(super) parent_workflow_id: Option<Arc<str>>,
    pub(super) parent_run_id: Option<Arc<str>>,
    pub(super) root_workflow_id: Option<Arc<str>>,
    pub(super) root_run_id: Option<Arc<str>>,
    pub(super) attributes: Box<[(Box<str>, Value)]>,
    pub(super) info: Bytes,
}

impl Record {
    /// From the message, which gets what follows from it: the types of its search attributes and,
    /// once closed, the duration.
    pub(super) fn new(mut info: WorkflowExecutionInfo, custom: &CustomTypes) -> Self {
        let mut attributes = Vec::new();
        if let Some(fields) = &mut info.search_attributes {
            search_attributes::with_types(custom, fields);
            for (name, payload) in &fields.indexed_fields {
                let value_type = search_attributes::settable_type(custom, name);
                let value = value_type
                    .and_then(|value_type| search_attributes::decode(value_type, payload).ok());
                if let Some(value) = value.flatten() {
                    attributes.push((name.as_str().into(), value));
                }
            }
        }
        let start_time = nanos(info.start_time.as_ref()).unwrap_or(0);
        let execution_time = nanos(info.execution_time.as_ref()).unwrap_or(start_time);
        let close_time = nanos(info.close_time.as_ref());
        if let Some(close_time) = close_time {
            let duration = u64::try_from(close_time - execution_time).unwrap_or(0);
            info.execution_duration =
                prost_types::Duration::try_from(std::time::Duration::from_nanos(duration)).ok();
        }
        let execution = info.execution.clone().unwrap_or_default();
        let (parent_workflow_id, parent_run_id) = ids(info.parent_execution.as_ref());
        let (root_workflow_id, root_run_id) = ids(info.root_execution.as_ref());
        let workflow_type = info.r#type.as_ref().map_or("", |named| named.name.as_str());
        Self {
            workflow_id: execution.workflow_id.into(),
            run_id: execution.run_id.into(),
            workflow_type: workflow_type.into(),
            task_queue: info.task_queue.as_str().into(),
            status: info.status(),
            start_time,
            execution_time,
            close_time,
            history_length: info.history_length,
            history_size_bytes: info.history_size_bytes,
            state_transition_count: info.state_transition_count,
            parent_workflow_id,
            parent_run_id,
            root_workflow_id,
            root_run_id,
            attributes: attributes.into(),
            info: info.encode_to_vec().into(),
        }
    }

    /// Its place in lists.
    pub(super) fn sort_key(&self) -> SortKey {
        SortKey {
            close_time: Reverse(self.close_time.unwrap_or(i64::MAX)),
            start_time: Reverse(self.start_time),
            run_id: Arc::clone(&self.run_id),
        }
    }

    /// The message that lists return.
    pub(super) fn info(&self) -> WorkflowExecutionInfo {
        // It was encoded by `new`.
        WorkflowExecutionInfo::decode(self.info.clone()).unwrap_or_default()
    }

    /// How long it ran, once it is closed.
    pub(super) fn execution_duration(&self) -> Option<i64> {
        self.close_time
            .map(|close_time| close_time - self.execution_time)
    }

    /// A predefined or custom attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        let found = self.attributes.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| value)
    }
}

fn ids(execution: Option<&WorkflowExecution>) -> (Option<Arc<str>>, Option<Arc<str>>) {
    match execution {
        Some(execution) if !execution.workflow_id.is_empty() => (
            Some(execution.workflow_id.as_str().into()),
            Some(execution.run_id.as_str().into()),
        ),
        _ => (None, None),
    }
}

fn nanos(time: Option<&prost_types::Timestamp>) -> Option<i64> {
    let time = time?;
    let seconds = time.seconds.saturating_mul(1_000_000_000);
    Some(seconds.saturating_add(i64::from(time.nanos)))
}

/// A status's name in queries and groups.
pub(crate) fn status_name(status: WorkflowExecutionStatus) -> &'static str {
    match status {
        WorkflowExecutionStatus::Unspecified => "Unspecified",
        WorkflowExecutionStatus::Running => "Running",
        WorkflowExecutionStatus::Completed => "Completed",
        WorkflowExecutionStatus::Failed => "Failed",
        WorkflowExecutionStatus::Canceled => "Canceled",
        WorkflowExecutionStatus::Terminated => "Terminated",
        WorkflowExecutionStatus::ContinuedAsNew => "ContinuedAsNew",
        WorkflowExecutionStatus::TimedOut => "TimedOut",
        WorkflowExecutionStatus::Paused => "Paused",
    }
}
