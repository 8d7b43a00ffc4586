//! One execution as visibility knows it: its place in lists, what queries ask for most, and the
//! message that lists return.

use std::{cell::OnceCell, cmp::Reverse, sync::Arc};

use bytes::Bytes;
use mainspring_proto::{
    common::v1::SearchAttributes,
    enums::v1::{IndexedValueType, WorkflowExecutionStatus},
    prost_types,
    workflow::v1::WorkflowExecutionInfo,
};
use prost::Message;

use super::{
    query::{Field, Found, Subject},
    search_attributes::{self, BUILD_IDS, CustomTypes, NAMESPACE_DIVISION, Value},
};

/// The place of an execution in every list: open ones first, then by the latest close, then by the
/// latest start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// [`OPEN`] while it is open.
    pub(crate) close_time: Reverse<i64>,
    pub(crate) start_time: Reverse<i64>,
    pub(crate) run_id: Arc<str>,
}

/// The close time of what is open.
pub(crate) const OPEN: i64 = i64::MAX;

impl Place {
    /// The place before all others.
    pub(crate) fn first() -> Self {
        Self {
            close_time: Reverse(OPEN),
            start_time: Reverse(i64::MAX),
            run_id: "".into(),
        }
    }

    /// The place behind all that are open.
    pub(super) fn after_open() -> Self {
        Self {
            close_time: Reverse(OPEN - 1),
            ..Self::first()
        }
    }
}

/// Which search attributes an execution has beside its builds. The numbers are in data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attributed {
    None = 0,
    Some = 1,
    /// A namespace division is among them, so most queries do not see it.
    Divided = 2,
}

/// An execution. The message is kept encoded: lists pass it on, and few queries need more of it than
/// stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) place: Place,
    pub(crate) workflow_id: Arc<str>,
    pub(crate) workflow_type: Arc<str>,
    pub(crate) status: WorkflowExecutionStatus,
    pub(crate) attributed: Attributed,
    /// An encoded `WorkflowExecutionInfo`.
    pub(crate) info: Bytes,
}

impl Attributed {
    fn of(attributes: &SearchAttributes) -> Self {
        let fields = &attributes.indexed_fields;
        if fields.contains_key(NAMESPACE_DIVISION) {
            return Self::Divided;
        }
        match fields.keys().any(|name| name != BUILD_IDS) {
            true => Self::Some,
            false => Self::None,
        }
    }
}

impl Record {
    /// From the message, which gets what follows from it: the types of its search attributes and,
    /// once closed, the duration. `custom` are the attributes that are registered in its namespace.
    pub(crate) fn new(mut info: WorkflowExecutionInfo, custom: &CustomTypes) -> Self {
        let mut attributed = Attributed::None;
        if let Some(fields) = &mut info.search_attributes {
            search_attributes::with_types(custom, fields);
            attributed = Attributed::of(fields);
        }
        let start_time = nanos(info.start_time.as_ref()).unwrap_or(0);
        let execution_time = nanos(info.execution_time.as_ref()).unwrap_or(start_time);
        let close_time = nanos(info.close_time.as_ref());
        if let Some(close_time) = close_time {
            let duration = u64::try_from(close_time - execution_time).unwrap_or(0);
            info.execution_duration =
                prost_types::Duration::try_from(std::time::Duration::from_nanos(duration)).ok();
        }
        let workflow_type = info.r#type.as_ref().map_or("", |named| named.name.as_str());
        let execution = info.execution.as_ref();
        Self {
            place: Place {
                close_time: Reverse(close_time.unwrap_or(OPEN)),
                start_time: Reverse(start_time),
                run_id: execution.map_or("", |it| it.run_id.as_str()).into(),
            },
            workflow_id: execution.map_or("", |it| it.workflow_id.as_str()).into(),
            workflow_type: workflow_type.into(),
            status: info.status(),
            attributed,
            info: info.encode_to_vec().into(),
        }
    }

    pub(crate) fn run_id(&self) -> &Arc<str> {
        &self.place.run_id
    }

    pub(crate) fn is_divided(&self) -> bool {
        self.attributed == Attributed::Divided
    }

    pub(crate) fn is_open(&self) -> bool {
        self.place.close_time.0 == OPEN
    }

    /// The message that lists return.
    pub(super) fn info(&self) -> WorkflowExecutionInfo {
        // It was encoded by `new`.
        WorkflowExecutionInfo::decode(self.info.clone()).unwrap_or_default()
    }

    /// The search attributes that an index leads to, each with the value that it has in the type it was
    /// written with.
    pub(crate) fn indexed_attributes(&self) -> Vec<(String, Value)> {
        if self.attributed == Attributed::None {
            return Vec::new();
        }
        let mut attributes = self.attributes();
        attributes.retain(|(name, _)| name != BUILD_IDS);
        attributes
    }

    fn attributes(&self) -> Vec<(String, Value)> {
        let fields = self.info().search_attributes.unwrap_or_default();
        let fields = fields.indexed_fields.into_iter();
        let typed = fields.filter_map(|(name, payload)| {
            let value_type = search_attributes::written_type(&payload)?;
            let value = search_attributes::decode(value_type, &payload).ok()??;
            Some((name, value))
        });
        typed.collect()
    }
}

/// A record that is asked for more and more; what is in the message is decoded at most once.
pub(super) struct Examined<'a> {
    record: &'a Record,
    more: OnceCell<More>,
}

struct More {
    info: WorkflowExecutionInfo,
    attributes: Vec<(String, Value)>,
}

impl<'a> Examined<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        Self {
            record,
            more: OnceCell::new(),
        }
    }

    fn more(&self) -> &More {
        self.more.get_or_init(|| More {
            info: self.record.info(),
            attributes: self.record.attributes(),
        })
    }

    fn close_time(&self) -> Option<i64> {
        (!self.record.is_open()).then_some(self.record.place.close_time.0)
    }

    fn execution_time(&self) -> i64 {
        let time = nanos(self.more().info.execution_time.as_ref());
        time.unwrap_or(self.record.place.start_time.0)
    }

    /// A predefined or custom attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        // Most executions have none, or no division, which most queries ask for.
        let has = match self.record.attributed {
            _ if name == BUILD_IDS => true,
            Attributed::None => false,
            Attributed::Some => name != NAMESPACE_DIVISION,
            Attributed::Divided => true,
        };
        if !has {
            return None;
        }
        let found = self
            .more()
            .attributes
            .iter()
            .find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }
}

impl Subject for Examined<'_> {
    fn value(&self, field: &Field) -> Found<'_> {
        let record = self.record;
        match field {
            Field::CloseTime => int(self.close_time()),
            Field::ExecutionDuration => {
                int(self.close_time().map(|close| close - self.execution_time()))
            }
            Field::ExecutionStatus => Found::Keyword(status_name(record.status)),
            Field::ExecutionTime => Found::Int(self.execution_time()),
            Field::HistoryLength => Found::Int(self.more().info.history_length),
            Field::HistorySizeBytes => Found::Int(self.more().info.history_size_bytes),
            Field::ParentRunId => id(self.more().info.parent_execution.as_ref(), |it| &it.run_id),
            Field::ParentWorkflowId => id(self.more().info.parent_execution.as_ref(), |it| {
                &it.workflow_id
            }),
            Field::RootRunId => id(self.more().info.root_execution.as_ref(), |it| &it.run_id),
            Field::RootWorkflowId => id(self.more().info.root_execution.as_ref(), |it| {
                &it.workflow_id
            }),
            Field::RunId => Found::Keyword(record.run_id()),
            Field::StartTime => Found::Int(record.place.start_time.0),
            Field::StateTransitionCount => Found::Int(self.more().info.state_transition_count),
            Field::TaskQueue => Found::Keyword(&self.more().info.task_queue),
            Field::WorkflowId => Found::Keyword(&record.workflow_id),
            Field::WorkflowType => Found::Keyword(&record.workflow_type),
            Field::Attribute(name, value_type) => match (self.attribute(name), value_type) {
                (Some(value), _) => value.found(),
                (None, IndexedValueType::KeywordList | IndexedValueType::Text) => Found::MissingSet,
                (None, _) => Found::Missing,
            },
        }
    }
}

fn int(value: Option<i64>) -> Found<'static> {
    value.map_or(Found::Missing, Found::Int)
}

type Execution = mainspring_proto::common::v1::WorkflowExecution;

fn id(execution: Option<&Execution>, part: fn(&Execution) -> &String) -> Found<'_> {
    match execution {
        Some(execution) if !execution.workflow_id.is_empty() => Found::Keyword(part(execution)),
        _ => Found::Missing,
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

/// The status of a name.
pub(super) fn status_of(name: &str) -> Option<WorkflowExecutionStatus> {
    (0..=16)
        .filter_map(|number| WorkflowExecutionStatus::try_from(number).ok())
        .find(|&status| status_name(status) == name)
}
