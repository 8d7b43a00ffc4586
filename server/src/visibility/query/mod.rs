//! The query language of List and Count: a subset of SQL's WHERE.
//!
//! [`parser`] reads the text into an untyped [`parser::Expr`], [`check`] resolves names and types
//! into a [`Filter`], and [`eval`] asks a record. All three are pure.
//!
//! ```text
//! WorkflowType = 'Order' AND (ExecutionStatus IN ('Running', 'Failed') OR Age BETWEEN 1 AND 5)
//! ```

mod check;
mod eval;
mod parser;

use std::{cmp::Ordering, fmt};

use mainspring_proto::enums::v1::IndexedValueType;

pub(crate) use eval::{Found, Subject};

use super::search_attributes::{CustomTypes, Value};

/// A checked query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) filter: Filter,
    /// Only for Count.
    pub(crate) group_by: Option<Field>,
    /// Whether it names TemporalNamespaceDivision; if not, only executions without one match.
    pub(crate) names_division: bool,
}

/// A condition whose names exist and whose values have the right types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All,
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Is(Field, Test),
}

/// What is asked of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Compare(Comparison, Value),
    In(Vec<Value>),
    Between(Value, Value),
    StartsWith(String),
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// An attribute of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    CloseTime,
    ExecutionDuration,
    ExecutionStatus,
    ExecutionTime,
    HistoryLength,
    HistorySizeBytes,
    ParentRunId,
    ParentWorkflowId,
    RootRunId,
    RootWorkflowId,
    RunId,
    StartTime,
    StateTransitionCount,
    TaskQueue,
    WorkflowId,
    WorkflowType,
    /// A predefined or custom attribute.
    Attribute(String, IndexedValueType),
}

/// Why a query is refused; the text is meant for whoever wrote the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryError(String);

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid query: {}", self.0)
    }
}

impl std::error::Error for QueryError {}

/// Reads a query over the attributes of a namespace.
///
/// # Errors
/// When it is not a query, or names what does not exist, or compares what cannot be compared.
pub(crate) fn parse(text: &str, custom: &CustomTypes) -> Result<Query, QueryError> {
    let parsed = parser::parse(text)?;
    check::check(parsed, custom)
}

#[cfg(test)]
mod tests;
