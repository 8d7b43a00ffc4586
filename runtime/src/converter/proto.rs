//! Protobuf messages as arguments and results.

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Payload;
use super::payload::{ConverterError, encoding_of, payload, read_through, write_through};

const BINARY: &str = "binary/protobuf";
const JSON: &str = "json/protobuf";

/// A protobuf message as an argument or a result, in its binary encoding: `binary/protobuf`.
///
/// The SDKs for Go, Java and Python send messages as JSON by default: `json/protobuf`. To read that too, the names of a
/// message's fields must be known: tell them once, before the first worker or client, by
/// [`add_proto_descriptors`](super::add_proto_descriptors).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proto<M>(pub M);

/// Lets [`Proto`] read messages that came as JSON: adds what a file descriptor set says of them. Builds write one beside the
/// generated code if they are told to, by `prost_build::Config::file_descriptor_set_path`:
///
/// ```ignore
/// mainspring::converter::add_proto_descriptors(include_bytes!(concat!(env!("OUT_DIR"), "/shop.bin")))?;
/// ```
///
/// # Errors
/// If it is none, or another one that was added says something else of the same names.
pub fn add_proto_descriptors(file_descriptor_set: &[u8]) -> Result<(), ConverterError> {
    DescriptorPool::decode_global_file_descriptor_set(file_descriptor_set)
        .map_err(|error| ConverterError::new(error.to_string()).context("a file descriptor set"))
}

impl<M: Message + Name> Serialize for Proto<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut whole = payload(BINARY, self.0.encode_to_vec().into());
        whole
            .metadata
            .insert("messageType".to_owned(), M::full_name().into());
        write_through(whole, to)
    }
}

impl<'de, M: Message + Name + Default> Deserialize<'de> for Proto<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let whole = read_through(from)?;
        let decoded = match encoding_of(&whole).as_str() {
            BINARY => M::decode(whole.data).map_err(|error| error.to_string()),
            JSON => from_json(&whole),
            other => Err(format!(
                "expected a message `{}` of encoding {BINARY:?} or {JSON:?}, found encoding {other:?}",
                M::full_name()
            )),
        };
        decoded.map(Self).map_err(serde::de::Error::custom)
    }
}

fn from_json<M: Message + Name + Default>(whole: &Payload) -> Result<M, String> {
    let name = M::full_name();
    let descriptor = DescriptorPool::global().get_message_by_name(&name);
    let descriptor = descriptor.ok_or_else(|| {
        format!(
            "a message `{name}` came as JSON, and the names of its fields are not known: call \
             `converter::add_proto_descriptors` with its file descriptor set first"
        )
    })?;
    let mut json = serde_json::Deserializer::from_slice(&whole.data);
    // Fields that this program does not know yet are let pass, as in the binary encoding.
    let options = prost_reflect::DeserializeOptions::new().deny_unknown_fields(false);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut json, &options);
    let message = message.map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    message.transcode_to().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use mainspring_proto::common::v1::WorkflowExecution;

    use super::*;
    use crate::converter::DataConverter;

    fn json(text: &'static str) -> Payload {
        payload(JSON, bytes::Bytes::from_static(text.as_bytes()))
    }

    fn read(payload: &Payload) -> Result<WorkflowExecution, String> {
        let read = DataConverter::default().from_payload::<Proto<WorkflowExecution>>(payload);
        read.map(|it| it.0).map_err(|error| error.to_string())
    }

    #[test]
    fn messages_are_read_as_the_other_sdks_send_them() {
        let sent = json(r#"{"workflowId":"w","runId":"r","aFieldOfTomorrow":[1]}"#);
        let unknown = read(&sent).expect_err("nothing is known of it yet");
        assert!(
            unknown.contains("call `converter::add_proto_descriptors` with"),
            "{unknown}"
        );
        add_proto_descriptors(mainspring_proto::FILE_DESCRIPTOR_SET).expect("it is a set");
        let expected = WorkflowExecution {
            workflow_id: "w".to_owned(),
            run_id: "r".to_owned(),
        };
        assert_eq!(read(&sent), Ok(expected.clone()));
        // Names as they are in the file are JSON too.
        assert_eq!(
            read(&json(r#"{"workflow_id":"w","run_id":"r"}"#)),
            Ok(expected.clone())
        );
        let wrong = read(&json(r#"{"workflowId":7}"#)).expect_err("it is a text");
        assert!(wrong.contains("expected a string"), "{wrong}");
        let whole = DataConverter::default().to_payload(&Proto(expected.clone()));
        let whole = whole.expect("it encodes");
        assert_eq!(encoding_of(&whole), BINARY);
        assert_eq!(read(&whole), Ok(expected));
    }

    #[test]
    fn what_is_no_descriptor_set_is_refused() {
        let refused = add_proto_descriptors(b"nothing of that kind").expect_err("it is none");
        assert!(refused.to_string().starts_with("a file descriptor set: "));
    }
}
