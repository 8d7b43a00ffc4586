//! Search attributes: their names, types and values.
//!
//! Pure: what is registered comes in as an argument.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::DateTime;
use mainspring_proto::{
    common::v1::{Payload, SearchAttributes},
    enums::v1::IndexedValueType,
    prost_types::Timestamp,
};
use prost::Message;
use serde_json::Value as Json;

use super::query::Found;
use crate::{config::Limits, history::payload::is_nil};

/// The attributes that every execution has, made from its state. They can be queried, not set.
pub(crate) const SYSTEM: &[(&str, IndexedValueType)] = &[
    ("CloseTime", IndexedValueType::Datetime),
    ("ExecutionDuration", IndexedValueType::Int),
    ("ExecutionStatus", IndexedValueType::Keyword),
    ("ExecutionTime", IndexedValueType::Datetime),
    ("HistoryLength", IndexedValueType::Int),
    ("HistorySizeBytes", IndexedValueType::Int),
    ("ParentRunId", IndexedValueType::Keyword),
    ("ParentWorkflowId", IndexedValueType::Keyword),
    ("RootRunId", IndexedValueType::Keyword),
    ("RootWorkflowId", IndexedValueType::Keyword),
    ("RunId", IndexedValueType::Keyword),
    ("StartTime", IndexedValueType::Datetime),
    ("StateTransitionCount", IndexedValueType::Int),
    ("TaskQueue", IndexedValueType::Keyword),
    ("WorkflowId", IndexedValueType::Keyword),
    ("WorkflowType", IndexedValueType::Keyword),
];

/// The attributes that exist in every namespace and are set by SDKs and by the server.
pub(crate) const PREDEFINED: &[(&str, IndexedValueType)] = &[
    ("BatcherNamespace", IndexedValueType::Keyword),
    ("BatcherUser", IndexedValueType::Keyword),
    ("BinaryChecksums", IndexedValueType::KeywordList),
    (BUILD_IDS, IndexedValueType::KeywordList),
    ("TemporalChangeVersion", IndexedValueType::KeywordList),
    ("TemporalNamespaceDivision", IndexedValueType::Keyword),
    ("TemporalPauseInfo", IndexedValueType::KeywordList),
    ("TemporalReportedProblems", IndexedValueType::KeywordList),
    ("TemporalScheduledById", IndexedValueType::Keyword),
    ("TemporalScheduledStartTime", IndexedValueType::Datetime),
    ("TemporalSchedulePaused", IndexedValueType::Bool),
    (
        "TemporalUsedWorkerDeploymentVersions",
        IndexedValueType::KeywordList,
    ),
    ("TemporalWorkerDeployment", IndexedValueType::Keyword),
    ("TemporalWorkerDeploymentVersion", IndexedValueType::Keyword),
    (
        "TemporalWorkflowVersioningBehavior",
        IndexedValueType::Keyword,
    ),
];

/// Those of [`PREDEFINED`] that the server alone sets.
const SERVER_ONLY: &[&str] = &[
    "TemporalUsedWorkerDeploymentVersions",
    "TemporalWorkerDeployment",
    "TemporalWorkerDeploymentVersion",
    "TemporalWorkflowVersioningBehavior",
];

/// Names that are neither, and may not be registered either.
const RESERVED: &[&str] = &["Memo", "MemoEncoding", "NamespaceId", "VisibilityTaskKey"];

/// What begins like this belongs to the protocol.
const RESERVED_PREFIX: &str = "Temporal";

/// Which builds worked on an execution. Set apart because nearly every execution has it, so an index of its
/// values would double what a store writes, and find much too much.
pub(crate) const BUILD_IDS: &str = "BuildIds";

/// Set apart because a query that does not name it sees only executions without it.
pub(crate) const NAMESPACE_DIVISION: &str = "TemporalNamespaceDivision";

/// The custom attributes of a namespace.
pub(crate) type CustomTypes = BTreeMap<String, IndexedValueType>;

/// A value of a search attribute. Times are nanoseconds since the epoch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Datetime(i64),
    Double(f64),
    Int(i64),
    Keyword(String),
    KeywordList(Vec<String>),
    Text(String),
}

/// Why search attributes are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SearchAttributeError {
    /// No attribute of this name is registered in the namespace.
    Undefined { namespace: String, name: String },
    /// The attribute is made by the server from the execution's state.
    ReadOnly(String),
    /// The value does not have the attribute's type.
    BadValue {
        name: String,
        expected: IndexedValueType,
        value: String,
    },
    /// There are more attributes than the limit.
    TooMany { count: usize, limit: usize },
    /// One value is larger than the limit.
    ValueTooLarge {
        name: String,
        size: usize,
        limit: usize,
    },
    /// All of them together are larger than the limit.
    TooLarge { size: usize, limit: usize },
}

impl fmt::Display for SearchAttributeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined { namespace, name } => write!(
                f,
                "Namespace {namespace} has no mapping defined for search attribute {name}"
            ),
            Self::ReadOnly(name) => {
                write!(f, "{name} attribute can't be set in SearchAttributes")
            }
            Self::BadValue {
                name,
                expected,
                value,
            } => write!(
                f,
                "invalid value for search attribute {name} of type {}: {value}",
                type_name(*expected)
            ),
            Self::TooMany { count, limit } => write!(
                f,
                "number of search attributes {count} exceeds limit {limit}"
            ),
            Self::ValueTooLarge { name, size, limit } => write!(
                f,
                "search attribute {name} value size {size} exceeds size limit {limit}"
            ),
            Self::TooLarge { size, limit } => write!(
                f,
                "total size of search attributes {size} exceeds size limit {limit}"
            ),
        }
    }
}

impl std::error::Error for SearchAttributeError {}

/// Whether a name may not be registered as a custom attribute.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED_PREFIX)
        || RESERVED.contains(&name)
        || lookup(SYSTEM, name).is_some()
        || lookup(PREDEFINED, name).is_some()
}

/// The type of an attribute that may be set: a custom or a predefined one.
pub(crate) fn settable_type(custom: &CustomTypes, name: &str) -> Option<IndexedValueType> {
    custom
        .get(name)
        .copied()
        .or_else(|| lookup(PREDEFINED, name))
}

/// The type of an attribute that may be queried.
pub(crate) fn queryable_type(custom: &CustomTypes, name: &str) -> Option<IndexedValueType> {
    settable_type(custom, name).or_else(|| lookup(SYSTEM, name))
}

fn lookup(table: &[(&str, IndexedValueType)], name: &str) -> Option<IndexedValueType> {
    let row = table.iter().find(|(known, _)| *known == name);
    row.map(|&(_, value_type)| value_type)
}

/// Checks the search attributes of a start or an upsert against what is registered.
///
/// # Errors
/// The first reason to refuse them.
pub(crate) fn check(
    namespace: &str,
    custom: &CustomTypes,
    attributes: &SearchAttributes,
    limits: &Limits,
) -> Result<(), SearchAttributeError> {
    let fields = &attributes.indexed_fields;
    if fields.len() > limits.search_attributes {
        return Err(SearchAttributeError::TooMany {
            count: fields.len(),
            limit: limits.search_attributes,
        });
    }
    for (name, payload) in fields {
        let Some(expected) = settable_type(custom, name) else {
            return Err(match lookup(SYSTEM, name) {
                Some(_) => SearchAttributeError::ReadOnly(name.clone()),
                None => SearchAttributeError::Undefined {
                    namespace: namespace.to_owned(),
                    name: name.clone(),
                },
            });
        };
        if SERVER_ONLY.contains(&name.as_str()) {
            return Err(SearchAttributeError::ReadOnly(name.clone()));
        }
        if decode(expected, payload).is_err() {
            return Err(SearchAttributeError::BadValue {
                name: name.clone(),
                expected,
                value: shown(payload),
            });
        }
    }
    Ok(())
}

/// Checks the size of search attributes, together with those that are present and stay.
///
/// # Errors
/// The first that is too large, or that all are.
pub(crate) fn check_size(
    attributes: &SearchAttributes,
    present: &BTreeMap<String, Payload>,
    limits: &Limits,
) -> Result<(), SearchAttributeError> {
    let mut all = present.clone();
    all.extend(attributes.indexed_fields.clone());
    all.retain(|_, payload| !is_nil(payload));
    for (name, payload) in &all {
        if payload.data.len() > limits.search_attribute_value_size {
            return Err(SearchAttributeError::ValueTooLarge {
                name: name.clone(),
                size: payload.data.len(),
                limit: limits.search_attribute_value_size,
            });
        }
    }
    let size = SearchAttributes {
        indexed_fields: all,
    }
    .encoded_len();
    if size > limits.search_attributes_size {
        return Err(SearchAttributeError::TooLarge {
            size,
            limit: limits.search_attributes_size,
        });
    }
    Ok(())
}

/// A value as a message quotes it.
fn shown(payload: &Payload) -> String {
    match serde_json::from_slice(&payload.data) {
        Ok(Json::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(_) => "<not JSON>".to_owned(),
    }
}

/// A value that is not one of the attribute's type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotOfType;

impl Value {
    /// The value, for a condition to be asked of.
    pub(crate) fn found(&self) -> Found<'_> {
        match self {
            Self::Bool(value) => Found::Bool(*value),
            Self::Double(value) => Found::Double(*value),
            Self::Int(value) | Self::Datetime(value) => Found::Int(*value),
            Self::Keyword(value) => Found::Keyword(value),
            Self::KeywordList(value) => Found::KeywordList(value),
            Self::Text(value) => Found::Text(value),
        }
    }
}

/// Reads a value. `None` means that the attribute is to be unset.
///
/// SDKs write values as JSON; older ones write every value as a list, so a list of one is its
/// element.
///
/// # Errors
/// When the payload is not a value of that type.
pub(crate) fn decode(
    value_type: IndexedValueType,
    payload: &Payload,
) -> Result<Option<Value>, NotOfType> {
    let encoding = payload.metadata.get("encoding").map(|bytes| &bytes[..]);
    if encoding == Some(b"binary/null") {
        return Ok(None);
    }
    let json: Json = serde_json::from_slice(&payload.data).map_err(|_| NotOfType)?;
    let json = match json {
        Json::Null => return Ok(None),
        Json::Array(list) if list.is_empty() => return Ok(None),
        Json::Array(list) if value_type == IndexedValueType::KeywordList => {
            let keywords = list.into_iter().map(string).collect::<Result<_, _>>()?;
            return Ok(Some(Value::KeywordList(keywords)));
        }
        Json::Array(mut list) if list.len() == 1 => list.remove(0),
        other => other,
    };
    match value_type {
        IndexedValueType::Bool => json.as_bool().map(Value::Bool).ok_or(NotOfType),
        IndexedValueType::Datetime => {
            let text = string(json)?;
            // Clients read it back, so it is not enough that we can.
            DateTime::parse_from_rfc3339(&text).map_err(|_| NotOfType)?;
            time(&text).map(Value::Datetime).ok_or(NotOfType)
        }
        IndexedValueType::Double => json.as_f64().map(Value::Double).ok_or(NotOfType),
        IndexedValueType::Int => json.as_i64().map(Value::Int).ok_or(NotOfType),
        IndexedValueType::Keyword => string(json).map(Value::Keyword),
        IndexedValueType::Text => string(json).map(Value::Text),
        IndexedValueType::KeywordList | IndexedValueType::Unspecified => Err(NotOfType),
    }
    .map(Some)
}

fn string(json: Json) -> Result<String, NotOfType> {
    match json {
        Json::String(text) => Ok(text),
        _ => Err(NotOfType),
    }
}

/// Nanoseconds since the epoch of an RFC 3339 time. Those that are too many for a number are the most, or the
/// least, that fit: somebody means "always" or "never" by them.
pub(crate) fn time(text: &str) -> Option<i64> {
    let time = Timestamp::from_str(text).ok()?;
    let seconds = time.seconds.saturating_mul(1_000_000_000);
    Some(seconds.saturating_add(i64::from(time.nanos)))
}

/// The attributes with their types written into each payload, which is how clients know them.
pub(crate) fn with_types(custom: &CustomTypes, attributes: &mut SearchAttributes) {
    for (name, payload) in &mut attributes.indexed_fields {
        if let Some(value_type) = settable_type(custom, name) {
            let name = type_name(value_type).as_bytes();
            payload
                .metadata
                .insert("type".into(), bytes::Bytes::from_static(name));
        }
    }
}

/// The type that [`with_types`] has written into a payload.
pub(crate) fn written_type(payload: &Payload) -> Option<IndexedValueType> {
    let written = payload.metadata.get("type")?;
    let mut types = (0..=7).filter_map(|number| IndexedValueType::try_from(number).ok());
    types.find(|&value_type| type_name(value_type).as_bytes() == &written[..])
}

/// The type's name in a payload's metadata and in messages.
pub(crate) fn type_name(value_type: IndexedValueType) -> &'static str {
    match value_type {
        IndexedValueType::Unspecified => "Unspecified",
        IndexedValueType::Text => "Text",
        IndexedValueType::Keyword => "Keyword",
        IndexedValueType::Int => "Int",
        IndexedValueType::Double => "Double",
        IndexedValueType::Bool => "Bool",
        IndexedValueType::Datetime => "Datetime",
        IndexedValueType::KeywordList => "KeywordList",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(json: &str) -> Payload {
        Payload {
            metadata: BTreeMap::from([("encoding".into(), "json/plain".into())]),
            data: json.to_owned().into(),
            ..Default::default()
        }
    }

    #[test]
    fn values_are_read_by_the_registered_type() {
        use IndexedValueType as T;
        let list = |items: &[&str]| {
            Value::KeywordList(items.iter().map(|&item| item.to_owned()).collect())
        };
        for (value_type, json, expected) in [
            (T::Bool, "true", Ok(Some(Value::Bool(true)))),
            (T::Bool, "[false]", Ok(Some(Value::Bool(false)))),
            (T::Bool, "\"true\"", Err(NotOfType)),
            (T::Int, "42", Ok(Some(Value::Int(42)))),
            (T::Int, "4.2", Err(NotOfType)),
            (T::Int, "[1, 2]", Err(NotOfType)),
            (T::Double, "4.5", Ok(Some(Value::Double(4.5)))),
            (T::Double, "4", Ok(Some(Value::Double(4.0)))),
            (T::Keyword, "\"a\"", Ok(Some(Value::Keyword("a".into())))),
            (T::Keyword, "[\"a\"]", Ok(Some(Value::Keyword("a".into())))),
            (T::Keyword, "1", Err(NotOfType)),
            (
                T::KeywordList,
                "[\"a\", \"b\"]",
                Ok(Some(list(&["a", "b"]))),
            ),
            (T::KeywordList, "\"a\"", Err(NotOfType)),
            (T::KeywordList, "[1]", Err(NotOfType)),
            (T::Text, "\"a b\"", Ok(Some(Value::Text("a b".into())))),
            (
                T::Datetime,
                "\"1970-01-01T00:00:01.5Z\"",
                Ok(Some(Value::Datetime(1_500_000_000))),
            ),
            (
                T::Datetime,
                "\"1970-01-01T02:00:01+02:00\"",
                Ok(Some(Value::Datetime(1_000_000_000))),
            ),
            (T::Datetime, "\"yesterday\"", Err(NotOfType)),
            (T::Datetime, "\"2024-01-02\"", Err(NotOfType)),
            (T::Int, "null", Ok(None)),
            (T::Keyword, "[]", Ok(None)),
            (T::KeywordList, "[]", Ok(None)),
            (T::Int, "not json", Err(NotOfType)),
            (T::Int, "", Err(NotOfType)),
        ] {
            assert_eq!(
                decode(value_type, &payload(json)),
                expected,
                "{value_type:?} {json}"
            );
        }
    }

    #[test]
    fn refusals_name_the_attribute() {
        let custom = CustomTypes::from([("Age".into(), IndexedValueType::Int)]);
        let limits = Limits::default();
        let long = format!("\"{}\"", "x".repeat(3000));
        let long = long.as_str();
        for (name, json, expected) in [
            ("Age", "1", None),
            ("Age", "null", None),
            ("BuildIds", "[\"a\"]", None),
            (
                "Age",
                "\"1\"",
                Some("invalid value for search attribute Age of type Int: 1"),
            ),
            (
                "Size",
                "1",
                Some("Namespace default has no mapping defined for search attribute Size"),
            ),
            (
                "WorkflowId",
                "\"a\"",
                Some("WorkflowId attribute can't be set in SearchAttributes"),
            ),
            (
                "BatcherUser",
                long,
                Some("search attribute BatcherUser value size 3002 exceeds size limit 2048"),
            ),
        ] {
            let attributes = SearchAttributes {
                indexed_fields: BTreeMap::from([(name.into(), payload(json))]),
            };
            let refused = check("default", &custom, &attributes, &limits)
                .and_then(|()| check_size(&attributes, &BTreeMap::new(), &limits))
                .err();
            let refused = refused.map(|error| error.to_string());
            assert_eq!(refused.as_deref(), expected);
        }
    }

    #[test]
    fn reserved_names_cannot_be_registered() {
        for name in ["WorkflowId", "BuildIds", "Memo", "TemporalAnything"] {
            assert!(is_reserved(name), "{name}");
        }
        assert!(!is_reserved("CustomerId"));
    }
}
