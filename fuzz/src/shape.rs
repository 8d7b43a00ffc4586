//! Messages of any type, made of noise in such a way that they often mean something: names are
//! mostly the same name, and tokens and run ids mostly those that the server gave before.

use std::collections::HashMap;

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage,
    Value, prost::Message,
};

use crate::Seen;

/// How deep messages go: a failure may have a cause without end.
const DEPTH: usize = 6;

/// What updates are made of; they travel as `Any`.
const ANY: [&str; 4] = [
    "temporal.api.update.v1.Request",
    "temporal.api.update.v1.Acceptance",
    "temporal.api.update.v1.Rejection",
    "temporal.api.update.v1.Response",
];

/// A message of this type. Where the noise ends, what is needed is there and nothing else.
///
/// # Errors
/// Never by itself; those of the noise.
pub fn message(
    noise: &mut Unstructured<'_>,
    descriptor: &MessageDescriptor,
    seen: &Seen,
) -> Result<DynamicMessage> {
    filled(noise, descriptor, seen, DEPTH)
}

/// Puts noise in place of one field, somewhere in the message.
///
/// # Errors
/// Never by itself; those of the noise.
pub fn spoil(
    noise: &mut Unstructured<'_>,
    message: &mut DynamicMessage,
    seen: &Seen,
) -> Result<()> {
    let descriptor = message.descriptor();
    let fields: Vec<_> = descriptor.fields().collect();
    if fields.is_empty() {
        return Ok(());
    }
    let set: Vec<_> = message.fields().map(|(field, _)| field).collect();
    let field = match noise.ratio(1, 2)? && !set.is_empty() {
        true => noise.choose(&set)?,
        false => noise.choose(&fields)?,
    };
    let deeper = message.has_field(field) && noise.ratio(3, 4)?;
    match message.get_field_mut(field) {
        Value::Message(inner) if deeper => return spoil(noise, inner, seen),
        Value::List(values) if deeper => {
            let messages = values.iter_mut().filter_map(Value::as_message_mut);
            let mut messages: Vec<_> = messages.collect();
            if !messages.is_empty() {
                let place = noise.choose_index(messages.len())?;
                return spoil(noise, messages[place], seen);
            }
        }
        _ => {}
    }
    let value = value(noise, field, seen, DEPTH)?;
    message.set_field(field, value);
    Ok(())
}

fn filled(
    noise: &mut Unstructured<'_>,
    descriptor: &MessageDescriptor,
    seen: &Seen,
    depth: usize,
) -> Result<DynamicMessage> {
    let mut message = DynamicMessage::new(descriptor.clone());
    if descriptor.full_name() == "google.protobuf.Any" {
        return any(noise, message, seen, depth);
    }
    for field in descriptor.fields() {
        let in_oneof = field.containing_oneof().is_some();
        if !in_oneof && is_set(noise, &field, depth)? {
            let value = value(noise, &field, seen, depth)?;
            message.set_field(&field, value);
        }
    }
    for oneof in descriptor.oneofs() {
        let fields: Vec<_> = oneof.fields().collect();
        let chosen = noise.choose(&fields)?;
        if is_set(noise, chosen, depth)? || noise.ratio(1, 2)? {
            let value = value(noise, chosen, seen, depth)?;
            message.set_field(chosen, value);
        }
    }
    Ok(message)
}

fn is_set(noise: &mut Unstructured<'_>, field: &FieldDescriptor, depth: usize) -> Result<bool> {
    let needed = matches!(
        field.name(),
        "namespace"
            | "workflow_id"
            | "execution"
            | "workflow_execution"
            | "task_queue"
            | "workflow_type"
            | "activity_type"
            | "name"
            | "id"
            | "activity_id"
            | "timer_id"
            | "signal_name"
            | "task_token"
            | "commands"
            | "messages"
            | "meta"
            | "update_id"
            | "update_ref"
            | "request"
            | "operations"
            | "query"
            | "body"
            | "protocol_instance_id"
            | "start_to_close_timeout"
    );
    let dice = noise.int_in_range(0..=15)?;
    Ok(depth > 0 && if needed { dice != 15 } else { dice >= 12 })
}

fn any(
    noise: &mut Unstructured<'_>,
    mut message: DynamicMessage,
    seen: &Seen,
    depth: usize,
) -> Result<DynamicMessage> {
    let name = noise.choose(&ANY)?;
    let pool = message.descriptor().parent_pool().clone();
    let Some(descriptor) = pool.get_message_by_name(name) else {
        return Ok(message);
    };
    let body = filled(noise, &descriptor, seen, depth.saturating_sub(1))?;
    let url = format!("type.googleapis.com/{name}");
    message.set_field_by_name("type_url", Value::String(url));
    message.set_field_by_name("value", Value::Bytes(body.encode_to_vec().into()));
    Ok(message)
}

fn value(
    noise: &mut Unstructured<'_>,
    field: &FieldDescriptor,
    seen: &Seen,
    depth: usize,
) -> Result<Value> {
    if field.is_map() {
        return map(noise, field, seen, depth);
    }
    if field.cardinality() == Cardinality::Repeated {
        let length = noise.int_in_range(0..=3)?;
        let values = (0..length).map(|_| single(noise, field, &field.kind(), seen, depth));
        return values.collect::<Result<_>>().map(Value::List);
    }
    single(noise, field, &field.kind(), seen, depth)
}

fn map(
    noise: &mut Unstructured<'_>,
    field: &FieldDescriptor,
    seen: &Seen,
    depth: usize,
) -> Result<Value> {
    let mut entries = HashMap::new();
    let Kind::Message(entry) = field.kind() else {
        return Ok(Value::Map(entries));
    };
    for _ in 0..noise.int_in_range(0..=2)? {
        let key = MapKey::String(text(noise, "key", seen)?);
        let field = entry.map_entry_value_field();
        entries.insert(key, single(noise, &field, &field.kind(), seen, depth)?);
    }
    Ok(Value::Map(entries))
}

fn single(
    noise: &mut Unstructured<'_>,
    field: &FieldDescriptor,
    kind: &Kind,
    seen: &Seen,
    depth: usize,
) -> Result<Value> {
    Ok(match kind {
        Kind::Double => Value::F64(number(noise)? as f64),
        Kind::Float => Value::F32(noise.arbitrary()?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number(noise)? as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number(noise)?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number(noise)? as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number(noise)? as u64),
        Kind::Bool => Value::Bool(noise.arbitrary()?),
        Kind::String => Value::String(text(noise, field.name(), seen)?),
        Kind::Bytes => Value::Bytes(bytes(noise, field.name(), seen)?),
        Kind::Enum(kind) => {
            let numbers: Vec<_> = kind.values().map(|value| value.number()).collect();
            Value::EnumNumber(match noise.int_in_range(0..=15)? {
                15 => number(noise)? as i32,
                _ => *noise.choose(&numbers)?,
            })
        }
        Kind::Message(kind) => Value::Message(filled(noise, kind, seen, depth.saturating_sub(1))?),
    })
}

/// Mostly small ones, as ids of events and seconds are.
fn number(noise: &mut Unstructured<'_>) -> Result<i64> {
    Ok(match noise.int_in_range(0..=15)? {
        small @ 0..=11 => small,
        12 => -1,
        13 => i64::MAX,
        14 => i64::from(i32::MAX),
        _ => noise.arbitrary()?,
    })
}

fn text(noise: &mut Unstructured<'_>, field: &str, seen: &Seen) -> Result<String> {
    let dice = noise.int_in_range(0..=15)?;
    Ok(match (field, dice) {
        (_, 15) => noise.arbitrary::<&str>()?.chars().take(64).collect(),
        (_, 14) => String::new(),
        ("namespace", _) => "default".to_owned(),
        (field, 0..=9) if field.ends_with("run_id") => String::new(),
        (field, _) if field.ends_with("run_id") && !seen.run_ids.is_empty() => {
            noise.choose(&seen.run_ids)?.clone()
        }
        ("query", _) => "WorkflowId = 'n'".to_owned(),
        ("cron_schedule", _) => "@every 1s".to_owned(),
        (_, 13) => "m".to_owned(),
        _ => "n".to_owned(),
    })
}

fn bytes(noise: &mut Unstructured<'_>, field: &str, seen: &Seen) -> Result<Bytes> {
    let known = field.ends_with("token") && !seen.tokens.is_empty();
    if known && noise.int_in_range(0..=15)? != 15 {
        return noise.choose(&seen.tokens).cloned();
    }
    let length = noise.int_in_range(0..=8)?;
    Ok(Bytes::copy_from_slice(
        noise.bytes(length.min(noise.len()))?,
    ))
}
