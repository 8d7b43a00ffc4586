//! From what was written to what it means: names become fields, literals become values.

use mainspring_proto::enums::v1::{IndexedValueType, WorkflowExecutionStatus};

use super::{
    Comparison, Field, Filter, Query, QueryError, Test,
    eval::words,
    parser::{Expr, Literal, Operator, Parsed},
};
use crate::visibility::{
    record::status_name,
    search_attributes::{CustomTypes, NAMESPACE_DIVISION, Value, queryable_type, time, type_name},
};

pub(super) fn check(parsed: Parsed, custom: &CustomTypes) -> Result<Query, QueryError> {
    let mut checker = Checker {
        custom,
        names_division: false,
    };
    let filter = match parsed.filter {
        Some(expr) => checker.filter(expr)?,
        None => Filter::All,
    };
    let group_by = match parsed.group_by.as_slice() {
        [] => None,
        [name] => Some(checker.group_by(name)?),
        _ => return Err(QueryError("GROUP BY takes a single field".into())),
    };
    Ok(Query {
        filter,
        group_by,
        names_division: checker.names_division,
    })
}

struct Checker<'a> {
    custom: &'a CustomTypes,
    names_division: bool,
}

impl Checker<'_> {
    fn filter(&mut self, expr: Expr) -> Result<Filter, QueryError> {
        match expr {
            Expr::And(parts) => Ok(Filter::And(self.filters(parts)?)),
            Expr::Or(parts) => Ok(Filter::Or(self.filters(parts)?)),
            Expr::Not(inner) => Ok(not(self.filter(*inner)?)),
            Expr::Compare(name, operator, literal) => self.compare(&name, operator, literal),
            Expr::In(name, literals) => {
                let column = self.column(&name)?;
                column.allow("IN", &[IndexedValueType::Text])?;
                let values = literals.into_iter().map(|literal| column.value(literal));
                let test = Test::In(values.collect::<Result<_, _>>()?);
                Ok(Filter::Is(column.field, test))
            }
            Expr::Between(name, from, to) => {
                let column = self.column(&name)?;
                column.allow("BETWEEN", UNORDERED)?;
                let test = Test::Between(column.value(from)?, column.value(to)?);
                Ok(Filter::Is(column.field, test))
            }
            Expr::StartsWith(name, prefix) => {
                let column = self.column(&name)?;
                column.allow("STARTS_WITH", NOT_KEYWORD)?;
                let Literal::String(prefix) = prefix else {
                    return Err(QueryError("STARTS_WITH takes a text in quotes".into()));
                };
                Ok(Filter::Is(column.field, Test::StartsWith(prefix)))
            }
            Expr::IsNull(name) => {
                let column = self.column(&name)?;
                Ok(Filter::Is(column.field, Test::Null))
            }
        }
    }

    fn filters(&mut self, parts: Vec<Expr>) -> Result<Vec<Filter>, QueryError> {
        parts.into_iter().map(|part| self.filter(part)).collect()
    }

    fn compare(
        &mut self,
        name: &str,
        operator: Operator,
        literal: Literal,
    ) -> Result<Filter, QueryError> {
        let column = self.column(name)?;
        let comparison = match operator {
            Operator::Equal | Operator::NotEqual => Comparison::Equal,
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        };
        if comparison != Comparison::Equal {
            column.allow(operator.symbol(), UNORDERED_LISTS)?;
        }
        let value = column.value(literal)?;
        let equal = Filter::Is(column.field, Test::Compare(comparison, value));
        match operator {
            Operator::NotEqual => Ok(not(equal)),
            _ => Ok(equal),
        }
    }

    fn column(&mut self, name: &str) -> Result<Column, QueryError> {
        let name = match name {
            // Schedules are found by the name that users know them by.
            "ScheduleId" if !self.custom.contains_key(name) => "WorkflowId",
            name => name,
        };
        self.names_division |= name == NAMESPACE_DIVISION;
        let Some(value_type) = queryable_type(self.custom, name) else {
            return Err(QueryError(format!(
                "search attribute {name} is not defined"
            )));
        };
        Ok(Column {
            name: name.to_owned(),
            field: field(name, value_type, self.custom),
            value_type,
        })
    }

    fn group_by(&mut self, name: &str) -> Result<Field, QueryError> {
        let column = self.column(name)?;
        match name {
            "ExecutionStatus" | NAMESPACE_DIVISION => Ok(column.field),
            _ => Err(QueryError(format!(
                "GROUP BY is not supported for search attribute {name}; it is for ExecutionStatus"
            ))),
        }
    }
}

const UNORDERED: &[IndexedValueType] = &[
    IndexedValueType::Bool,
    IndexedValueType::KeywordList,
    IndexedValueType::Text,
];
const UNORDERED_LISTS: &[IndexedValueType] =
    &[IndexedValueType::KeywordList, IndexedValueType::Text];
const NOT_KEYWORD: &[IndexedValueType] = &[
    IndexedValueType::Bool,
    IndexedValueType::Datetime,
    IndexedValueType::Double,
    IndexedValueType::Int,
    IndexedValueType::KeywordList,
    IndexedValueType::Text,
];

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn field(name: &str, value_type: IndexedValueType, custom: &CustomTypes) -> Field {
    // A custom attribute cannot take the name of a system one, so the order does not matter.
    match name {
        _ if custom.contains_key(name) => Field::Attribute(name.to_owned(), value_type),
        "CloseTime" => Field::CloseTime,
        "ExecutionDuration" => Field::ExecutionDuration,
        "ExecutionStatus" => Field::ExecutionStatus,
        "ExecutionTime" => Field::ExecutionTime,
        "HistoryLength" => Field::HistoryLength,
        "HistorySizeBytes" => Field::HistorySizeBytes,
        "ParentRunId" => Field::ParentRunId,
        "ParentWorkflowId" => Field::ParentWorkflowId,
        "RootRunId" => Field::RootRunId,
        "RootWorkflowId" => Field::RootWorkflowId,
        "RunId" => Field::RunId,
        "StartTime" => Field::StartTime,
        "StateTransitionCount" => Field::StateTransitionCount,
        "TaskQueue" => Field::TaskQueue,
        "WorkflowId" => Field::WorkflowId,
        "WorkflowType" => Field::WorkflowType,
        name => Field::Attribute(name.to_owned(), value_type),
    }
}

/// A name that exists, and its type.
struct Column {
    name: String,
    field: Field,
    value_type: IndexedValueType,
}

impl Column {
    /// Refuses an operator that the attribute's type does not have.
    fn allow(&self, operator: &str, refused: &[IndexedValueType]) -> Result<(), QueryError> {
        if refused.contains(&self.value_type) {
            return Err(QueryError(format!(
                "operator {operator} is not supported for search attribute {} of type {}",
                self.name,
                type_name(self.value_type)
            )));
        }
        Ok(())
    }

    fn value(&self, literal: Literal) -> Result<Value, QueryError> {
        let value = match self.field {
            Field::ExecutionStatus => return self.status(&literal),
            Field::ExecutionDuration => duration(&literal).map(Value::Int),
            _ => typed(self.value_type, &literal),
        };
        value.ok_or_else(|| self.bad_value(&literal))
    }

    fn status(&self, literal: &Literal) -> Result<Value, QueryError> {
        let found = match literal {
            Literal::String(name) => ALL_STATUSES
                .iter()
                .find(|&&status| status_name(status).eq_ignore_ascii_case(name)),
            Literal::Number(number) => ALL_STATUSES
                .iter()
                .find(|&&status| number.parse() == Ok(status as i32)),
            Literal::Bool(_) => None,
        };
        match found {
            Some(&status) => Ok(Value::Keyword(status_name(status).to_owned())),
            None => {
                let names: Vec<_> = ALL_STATUSES.iter().map(|&each| status_name(each)).collect();
                Err(QueryError(format!(
                    "{} is not an execution status; it is one of {}",
                    show(literal),
                    names.join(", ")
                )))
            }
        }
    }

    fn bad_value(&self, literal: &Literal) -> QueryError {
        let wanted = match self.field {
            Field::ExecutionDuration => "a duration such as '1h30m', or nanoseconds",
            _ => match self.value_type {
                IndexedValueType::Bool => "true or false",
                IndexedValueType::Datetime => "a time such as '2030-01-31T12:00:00Z'",
                IndexedValueType::Double => "a number",
                IndexedValueType::Int => "a whole number",
                _ => "a text in quotes",
            },
        };
        QueryError(format!(
            "invalid value {} for search attribute {} of type {}: expected {wanted}",
            show(literal),
            self.name,
            type_name(self.value_type)
        ))
    }
}

/// Every status an execution can have.
const ALL_STATUSES: &[WorkflowExecutionStatus] = &[
    WorkflowExecutionStatus::Running,
    WorkflowExecutionStatus::Completed,
    WorkflowExecutionStatus::Failed,
    WorkflowExecutionStatus::Canceled,
    WorkflowExecutionStatus::Terminated,
    WorkflowExecutionStatus::ContinuedAsNew,
    WorkflowExecutionStatus::TimedOut,
    WorkflowExecutionStatus::Paused,
];

fn show(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("'{text}'"),
        Literal::Number(digits) => digits.clone(),
        Literal::Bool(value) => value.to_string(),
    }
}

fn typed(value_type: IndexedValueType, literal: &Literal) -> Option<Value> {
    match (value_type, literal) {
        (IndexedValueType::Bool, Literal::Bool(value)) => Some(Value::Bool(*value)),
        // Clients quote more than they must.
        (IndexedValueType::Bool, Literal::String(text)) => {
            text.to_ascii_lowercase().parse().ok().map(Value::Bool)
        }
        (IndexedValueType::Int, Literal::Number(text) | Literal::String(text)) => {
            text.parse().ok().map(Value::Int)
        }
        (IndexedValueType::Double, Literal::Number(text) | Literal::String(text)) => {
            let value: f64 = text.parse().ok()?;
            value.is_finite().then_some(Value::Double(value))
        }
        (IndexedValueType::Datetime, Literal::Number(nanos)) => {
            nanos.parse().ok().map(Value::Datetime)
        }
        (IndexedValueType::Datetime, Literal::String(text)) => time(text)
            .or_else(|| text.parse().ok())
            .map(Value::Datetime),
        (IndexedValueType::Keyword | IndexedValueType::KeywordList, Literal::String(text)) => {
            Some(Value::Keyword(text.clone()))
        }
        // A text without a word in it is in none, and its opposite not in all.
        (IndexedValueType::Text, Literal::String(text)) => {
            words(text).next().map(|_| Value::Text(text.clone()))
        }
        _ => None,
    }
}

/// Nanoseconds of a duration: a number, Go's notation (`1h30m`, `1.5s`) or `hh:mm:ss`.
fn duration(literal: &Literal) -> Option<i64> {
    let text = match literal {
        Literal::Number(nanos) => return nanos.parse().ok(),
        Literal::String(text) => text.as_str(),
        Literal::Bool(_) => return None,
    };
    text.parse()
        .ok()
        .or_else(|| clock_duration(text))
        .or_else(|| crate::duration::parse_go(text))
}

fn clock_duration(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let mut next = || parts.next()?.parse::<u32>().ok().map(i64::from);
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    if parts.next().is_some() || minutes > 59 || seconds > 59 {
        return None;
    }
    ((hours * 60 + minutes) * 60 + seconds).checked_mul(1_000_000_000)
}
