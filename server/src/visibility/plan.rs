//! How a query reaches the executions it asks for without a look at all of them. Pure.

use mainspring_proto::enums::v1::{IndexedValueType, WorkflowExecutionStatus};

use super::{
    query::{Comparison, Field, Filter, Test},
    record::status_of,
    search_attributes::{BUILD_IDS, Value},
};

/// A condition that may hold for a few executions only, which a store may find at once. What it finds
/// may be more than what satisfies the condition, and never less.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Narrow<'a> {
    WorkflowIds(Vec<&'a str>),
    WorkflowIdPrefix(&'a str),
    RunIds(Vec<&'a str>),
    WorkflowTypes(Vec<&'a str>),
    Status(WorkflowExecutionStatus),
    /// A search attribute that has, or contains, one of these values.
    Attribute(&'a str, Vec<&'a Value>),
}

/// The part of the order of lists that a query can find anything in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    All,
    Open,
    Closed,
}

/// The conditions of which each alone would lead to all that the filter asks for.
pub(super) fn narrow(filter: &Filter) -> Vec<Narrow<'_>> {
    let found = conjunction(filter).iter().filter_map(|part| match part {
        Filter::Is(field, test) => narrow_of(field, test),
        _ => None,
    });
    found.collect()
}

fn narrow_of<'a>(field: &'a Field, test: &'a Test) -> Option<Narrow<'a>> {
    let values: Vec<&Value> = match test {
        Test::Compare(Comparison::Equal, value) => vec![value],
        Test::In(values) => values.iter().collect(),
        Test::StartsWith(prefix) if *field == Field::WorkflowId => {
            return Some(Narrow::WorkflowIdPrefix(prefix));
        }
        _ => return None,
    };
    if let Field::Attribute(name, value_type) = field {
        // A text is found by its words, of which there is no index.
        let indexed = *value_type != IndexedValueType::Text && name != BUILD_IDS;
        return indexed.then_some(Narrow::Attribute(name, values));
    }
    let keywords: Vec<&str> = values.into_iter().map(keyword).collect::<Option<_>>()?;
    match (field, keywords.as_slice()) {
        (Field::WorkflowId, _) => Some(Narrow::WorkflowIds(keywords)),
        (Field::RunId, _) => Some(Narrow::RunIds(keywords)),
        (Field::WorkflowType, _) => Some(Narrow::WorkflowTypes(keywords)),
        (Field::ExecutionStatus, [name]) => Some(Narrow::Status(status_of(name)?)),
        _ => None,
    }
}

/// Where what the filter asks for can be.
pub(super) fn span(filter: &Filter) -> Span {
    let spans = conjunction(filter).iter().map(|part| match part {
        Filter::Is(Field::CloseTime, test) if *test != Test::Null => Span::Closed,
        Filter::Is(Field::ExecutionStatus, test) => span_of(test),
        Filter::Not(inner) => match &**inner {
            Filter::Is(Field::CloseTime, Test::Null) => Span::Closed,
            Filter::Is(Field::ExecutionStatus, test) => match is_running(test) {
                Some(true) => Span::Closed,
                _ => Span::All,
            },
            _ => Span::All,
        },
        _ => Span::All,
    });
    spans
        .into_iter()
        .find(|span| *span != Span::All)
        .unwrap_or(Span::All)
}

fn span_of(status: &Test) -> Span {
    match is_running(status) {
        Some(true) => Span::Open,
        Some(false) => Span::Closed,
        None => Span::All,
    }
}

/// Whether the test holds for what runs, and for nothing else (or for what has closed, and for
/// nothing else).
fn is_running(test: &Test) -> Option<bool> {
    let Test::Compare(Comparison::Equal, value) = test else {
        return None;
    };
    match status_of(keyword(value)?)? {
        WorkflowExecutionStatus::Running => Some(true),
        WorkflowExecutionStatus::Unspecified | WorkflowExecutionStatus::Paused => None,
        _ => Some(false),
    }
}

/// The parts that must all hold.
fn conjunction(filter: &Filter) -> &[Filter] {
    match filter {
        Filter::And(parts) => parts,
        single => std::slice::from_ref(single),
    }
}

fn keyword(value: &Value) -> Option<&str> {
    match value {
        Value::Keyword(text) => Some(text),
        _ => None,
    }
}
