//! What commands print: tables and cards for people, protobuf JSON for programs.

use std::{
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use mainspring_proto::{FILE_DESCRIPTOR_SET, prost_types::Timestamp};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};
use serde_json::Value as Json;

use super::{Failure, GlobalArgs, Output, TimeFormat};

static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // Made by the build script from the descriptors of the very types in this program.
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the embedded descriptors are whole")
});

/// Prints a message, or what `text` makes of it.
pub(super) fn print_message<M: Message + Name>(
    global: &GlobalArgs,
    message: &M,
    text: impl FnOnce(&M),
) -> Result<(), Failure> {
    match global.output {
        Output::Text => text(message),
        Output::Json => println!("{}", serde_json::to_string_pretty(&json(global, message)?)?),
        Output::Jsonl => println!("{}", json(global, message)?),
        Output::None => {}
    }
    Ok(())
}

/// Prints a list of messages: as an array, or one a line, or what `text` makes of them.
pub(super) fn print_messages<M: Message + Name>(
    global: &GlobalArgs,
    messages: &[M],
    text: impl FnOnce(&[M]),
) -> Result<(), Failure> {
    match global.output {
        Output::Text => text(messages),
        Output::Json => {
            let all: Vec<_> = messages
                .iter()
                .map(|message| json(global, message))
                .collect::<Result<_, _>>()?;
            println!("{}", serde_json::to_string_pretty(&all)?);
        }
        Output::Jsonl => {
            for message in messages {
                println!("{}", json(global, message)?);
            }
        }
        Output::None => {}
    }
    Ok(())
}

/// A line for people, in the text form only.
pub(super) fn say(global: &GlobalArgs, text: &str) {
    if global.output == Output::Text {
        println!("{text}");
    }
}

/// Protobuf JSON; payloads in their short form unless that is switched off.
fn json<M: Message + Name>(global: &GlobalArgs, message: &M) -> Result<Json, Failure> {
    let name = M::full_name();
    let Some(descriptor) = DESCRIPTORS.get_message_by_name(&name) else {
        return Err(Failure(format!("message {name} has no descriptor")));
    };
    let dynamic = DynamicMessage::decode(descriptor.clone(), message.encode_to_vec().as_slice())?;
    let mut json = serde_json::to_value(&dynamic)?;
    if !global.no_json_shorthand_payloads {
        shorten_fields(&mut json, &descriptor);
    }
    Ok(json)
}

/// Replaces every payload below a message by the JSON it holds, where it holds just that.
fn shorten_fields(json: &mut Json, descriptor: &MessageDescriptor) {
    let Json::Object(fields) = json else {
        return;
    };
    for (name, value) in fields {
        let Some(field) = descriptor.get_field_by_json_name(name) else {
            continue;
        };
        let kind = match field.kind() {
            Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
            kind => kind,
        };
        let Kind::Message(inner) = kind else {
            continue;
        };
        match value {
            Json::Array(items) if field.is_list() => {
                items.iter_mut().for_each(|item| shorten(item, &inner));
            }
            Json::Object(entries) if field.is_map() => {
                entries.values_mut().for_each(|item| shorten(item, &inner));
            }
            single => shorten(single, &inner),
        }
    }
}

fn shorten(json: &mut Json, descriptor: &MessageDescriptor) {
    match descriptor.full_name() {
        "temporal.api.common.v1.Payload" => {
            if let Some(short) = short_payload(json) {
                *json = short;
            }
        }
        "temporal.api.common.v1.Payloads" => {
            let Some(payloads) = json.get("payloads").and_then(Json::as_array) else {
                return;
            };
            // All or none, so that a reader knows what to expect.
            if let Some(short) = payloads.iter().map(short_payload).collect() {
                *json = Json::Array(short);
            }
        }
        _ => shorten_fields(json, descriptor),
    }
}

/// The JSON inside of a payload that has no metadata but its encoding.
fn short_payload(payload: &Json) -> Option<Json> {
    let metadata = payload.get("metadata")?.as_object()?;
    if metadata.len() != 1 {
        return None;
    }
    match base64(metadata.get("encoding")?.as_str()?)?.as_slice() {
        b"json/plain" => {
            let data = payload
                .get("data")
                .and_then(Json::as_str)
                .unwrap_or_default();
            serde_json::from_slice(&base64(data)?).ok()
        }
        b"binary/null" => Some(Json::Null),
        _ => None,
    }
}

/// Decodes base64 with padding, which is how protobuf JSON writes bytes.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            // The mask keeps one byte.
            bytes.push((bits >> count & 0xFF) as u8);
        }
    }
    Some(bytes)
}

/// Prints rows under a header, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) {
    let mut widths = header.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let padded: Vec<_> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        println!("  {}", padded.join("  ").trim_end());
    };
    line(header);
    for row in rows {
        line(std::array::from_fn(|column| row[column].as_str()));
    }
}

/// Prints names and values; a value that is empty is left out.
pub(super) fn card(rows: &[(&str, String)]) {
    let shown = rows.iter().filter(|(_, value)| !value.is_empty());
    let width = shown.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in shown {
        println!("  {name:width$}  {value}");
    }
}

/// A time in the form that was asked for; nothing for none.
pub(super) fn time(global: &GlobalArgs, time: Option<&Timestamp>) -> String {
    let Some(time) = time else {
        return String::new();
    };
    match global.time_format {
        TimeFormat::Iso => time.to_string(),
        TimeFormat::Raw => format!("{}.{:09}", time.seconds, time.nanos),
        TimeFormat::Relative => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.map_or(0, |since| since.as_secs() as i64);
            relative(now - time.seconds)
        }
    }
}

fn relative(seconds: i64) -> String {
    let (amount, unit) = match seconds.unsigned_abs() {
        0 => return "now".into(),
        seconds @ 1..60 => (seconds, "second"),
        seconds @ 60..3600 => (seconds / 60, "minute"),
        seconds @ 3600..86_400 => (seconds / 3600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    let plural = if amount == 1 { "" } else { "s" };
    match seconds {
        0.. => format!("{amount} {unit}{plural} ago"),
        _ => format!("{amount} {unit}{plural} from now"),
    }
}

/// A protobuf enum's name without its prefix, in words as queries use them: `TimedOut`.
pub(super) fn short_enum(name: &str, prefix: &str) -> String {
    let words = name.strip_prefix(prefix).unwrap_or(name).split('_');
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            format!("{first}{}", rest.to_ascii_lowercase())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(
            base64("anNvbi9wbGFpbg==").as_deref(),
            Some(&b"json/plain"[..])
        );
        assert_eq!(base64("").as_deref(), Some(&b""[..]));
        assert_eq!(base64("!"), None);
    }

    #[test]
    fn payloads_are_shortened_only_where_nothing_is_lost() {
        let descriptor = DESCRIPTORS
            .get_message_by_name("temporal.api.common.v1.Payloads")
            .expect("a known message");
        let plain =
            serde_json::json!({"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="});
        let typed = serde_json::json!({
            "metadata": {"encoding": "anNvbi9wbGFpbg==", "type": "SW50"}, "data": "MQ=="
        });
        let mut both = serde_json::json!({"payloads": [plain, plain]});
        shorten(&mut both, &descriptor);
        assert_eq!(both, serde_json::json!([1, 1]));
        let mut one = serde_json::json!({"payloads": [plain, typed]});
        let before = one.clone();
        shorten(&mut one, &descriptor);
        assert_eq!(one, before);
    }

    #[test]
    fn names_are_shown_as_queries_write_them() {
        let name = "WORKFLOW_EXECUTION_STATUS_TIMED_OUT";
        assert_eq!(short_enum(name, "WORKFLOW_EXECUTION_STATUS_"), "TimedOut");
        assert_eq!(relative(1), "1 second ago");
        assert_eq!(relative(-7200), "2 hours from now");
    }
}
