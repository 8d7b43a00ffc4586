//! Histories in JSON.
//!
//! Exports differ in how they write enums: `EVENT_TYPE_TIMER_STARTED` in the JSON form of protobuf, `TimerStarted` in
//! that of older tools. Both are read, by the descriptors of the fields.

use std::fmt;

use mainspring_proto::history::v1::History;
use prost::Name;
use prost_reflect::{DeserializeOptions, DynamicMessage, EnumDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::converter::visit::{POOL, from_dynamic};

/// A text that is no history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryJsonError(String);

impl fmt::Display for HistoryJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is no history in JSON: {}", self.0)
    }
}

impl std::error::Error for HistoryJsonError {}

/// Reads a history: `{"events": [..]}`, or the list alone.
///
/// # Errors
/// If the text is neither.
pub fn parse(json: &str) -> Result<History, HistoryJsonError> {
    let failed = |error: &dyn fmt::Display| HistoryJsonError(error.to_string());
    let mut value: Value = serde_json::from_str(json).map_err(|error| failed(&error))?;
    if value.is_array() {
        value = serde_json::json!({ "events": value });
    }
    let descriptor = POOL
        .get_message_by_name(&History::full_name())
        .ok_or_else(|| HistoryJsonError("its descriptor is missing".to_owned()))?;
    rename_enums(&mut value, &descriptor);
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let message = DynamicMessage::deserialize_with_options(descriptor, value, &options)
        .map_err(|error| failed(&error))?;
    from_dynamic(&message).map_err(|error| failed(&error))
}

/// Gives values of enums the names that the JSON form of protobuf wants.
fn rename_enums(value: &mut Value, descriptor: &MessageDescriptor) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let field = descriptor.get_field_by_json_name(name);
        let Some(field) = field.or_else(|| descriptor.get_field_by_name(name)) else {
            continue;
        };
        let mut kind = field.kind();
        if field.is_map()
            && let Kind::Message(entry) = &kind
        {
            kind = entry.map_entry_value_field().kind();
            if let Value::Object(entries) = value {
                entries.values_mut().for_each(|it| rename(it, &kind));
            }
            continue;
        }
        match value {
            Value::Array(values) => values.iter_mut().for_each(|it| rename(it, &kind)),
            value => rename(value, &kind),
        }
    }
}

fn rename(value: &mut Value, kind: &Kind) {
    match (kind, &mut *value) {
        (Kind::Message(message), _) => rename_enums(value, message),
        (Kind::Enum(of), Value::String(text)) => {
            if let Some(name) = full_name(of, text) {
                *text = name;
            }
        }
        _ => {}
    }
}

/// The name of an enum's value by its short form.
fn full_name(of: &EnumDescriptor, text: &str) -> Option<String> {
    if of.get_value_by_name(text).is_some() {
        return None;
    }
    let wanted = squeezed(text);
    let prefix = squeezed(of.name());
    let mut values = of.values();
    let found = values.find(|value| squeezed(value.name()).strip_prefix(&prefix) == Some(&wanted));
    found.map(|value| value.name().to_owned())
}

fn squeezed(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mainspring_proto::enums::v1::EventType;

    #[test]
    fn both_forms_of_enums_are_read() {
        for name in ["EVENT_TYPE_TIMER_STARTED", "TimerStarted"] {
            let json = format!(
                r#"{{"events": [{{"eventId": "5", "eventTime": "2024-01-01T00:00:00Z", "eventType": "{name}",
                     "timerStartedEventAttributes": {{"timerId": "1", "startToFireTimeout": "60s"}}}}]}}"#
            );
            let history = parse(&json).expect("it is a history");
            assert_eq!(history.events[0].event_type(), EventType::TimerStarted);
            assert_eq!(history.events[0].event_id, 5);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let error = parse("{\"events\": 7}").expect_err("it is none");
        assert!(
            error
                .to_string()
                .starts_with("the text is no history in JSON")
        );
    }
}
