//! Codecs over whole messages: every payload in a request or an answer, wherever it is.
//!
//! Messages are walked by their descriptors, so that no field is forgotten when the protocol grows. That costs a copy of
//! the message, which only programs with a codec pay.

use std::collections::VecDeque;
use std::sync::LazyLock;

use bytes::Bytes;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage, Value};
use serde::{Deserialize, Serialize};

use super::{CodecError, CodecFuture, DataConverter, Payload};
use crate::activity::BoxFuture;

pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(mainspring_proto::FILE_DESCRIPTOR_SET)
        .expect("the descriptors were written by the build of mainspring-proto")
});

const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const PAYLOADS: &str = "temporal.api.common.v1.Payloads";
const FAILURE: &str = "temporal.api.failure.v1.Failure";
/// What answers queries: both say twice why one failed.
const QUERY_ANSWERS: [&str; 2] = [
    "temporal.api.query.v1.WorkflowQueryResult",
    "temporal.api.workflowservice.v1.RespondQueryTaskCompletedRequest",
];
const ANY: &str = "google.protobuf.Any";
/// The server reads these.
const CLEAR: [&str; 2] = [
    "temporal.api.common.v1.SearchAttributes",
    "temporal.api.common.v1.Header",
];
/// What stands in a failure whose message is in its encoded attributes.
const ENCODED_FAILURE: &str = "Encoded failure";

/// What a failure says, where it is encoded.
#[derive(Serialize, Deserialize)]
struct FailureText {
    message: String,
    stack_trace: String,
}

impl DataConverter {
    /// Whether messages have to be walked at all.
    pub(crate) fn walks(&self) -> bool {
        self.codec.is_some() || self.encode_failures
    }

    /// Encodes all payloads of a message that is about to be sent.
    pub(crate) async fn encode_all<M: Message + Name + Default>(
        &self,
        message: &mut M,
    ) -> Result<(), CodecError> {
        if self.walks() {
            *message = from_dynamic(&self.encoded(to_dynamic(message)?).await?)?;
        }
        Ok(())
    }

    /// Decodes all payloads of a message that has come.
    pub(crate) async fn decode_all<M: Message + Name + Default>(
        &self,
        message: &mut M,
    ) -> Result<(), CodecError> {
        if self.walks() {
            *message = from_dynamic(&self.decoded(to_dynamic(message)?).await?)?;
        }
        Ok(())
    }

    // From here on messages of all types are the same, and what walks them is compiled once.

    fn encoded(
        &self,
        mut message: DynamicMessage,
    ) -> BoxFuture<'_, Result<DynamicMessage, CodecError>> {
        Box::pin(async move {
            if self.encode_failures {
                walk(&mut message, &mut Hide)?;
            }
            if let Some(codec) = &self.codec {
                replace(&mut message, |payloads| codec.encode(payloads)).await?;
            }
            Ok(message)
        })
    }

    fn decoded(
        &self,
        mut message: DynamicMessage,
    ) -> BoxFuture<'_, Result<DynamicMessage, CodecError>> {
        Box::pin(async move {
            if let Some(codec) = &self.codec {
                replace(&mut message, |payloads| codec.decode(payloads)).await?;
            }
            walk(&mut message, &mut Show(self))?;
            Ok(message)
        })
    }
}

/// Puts what a codec makes of them in the place of all payloads.
async fn replace<'a>(
    message: &mut DynamicMessage,
    code: impl Fn(Vec<Payload>) -> CodecFuture<'a>,
) -> Result<(), CodecError> {
    let mut collected = Collect::default();
    walk(message, &mut collected)?;
    let mut replaced = VecDeque::new();
    for payloads in collected.0 {
        replaced.push_back(code(payloads).await?);
    }
    walk(message, &mut Replace(replaced))
}

/// What is done to the payloads and failures of a message, in the order in which they are met.
trait Visitor {
    fn payloads(&mut self, _payloads: &mut Vec<Payload>) -> Result<Visited, CodecError> {
        Ok(Visited::Unchanged)
    }

    fn failure(&mut self, _failure: &mut DynamicMessage) -> Result<(), CodecError> {
        Ok(())
    }

    fn query_answer(&mut self, _answer: &mut DynamicMessage) {}
}

#[derive(PartialEq)]
enum Visited {
    Unchanged,
    Changed,
}

#[derive(Default)]
struct Collect(Vec<Vec<Payload>>);

impl Visitor for Collect {
    fn payloads(&mut self, payloads: &mut Vec<Payload>) -> Result<Visited, CodecError> {
        self.0.push(std::mem::take(payloads));
        Ok(Visited::Unchanged)
    }
}

struct Replace(VecDeque<Vec<Payload>>);

impl Visitor for Replace {
    fn payloads(&mut self, payloads: &mut Vec<Payload>) -> Result<Visited, CodecError> {
        let next = self.0.pop_front();
        *payloads = next.ok_or_else(|| CodecError::new("the message changed meanwhile"))?;
        Ok(Visited::Changed)
    }
}

/// Moves the texts of failures into their encoded attributes.
struct Hide;

impl Visitor for Hide {
    fn failure(&mut self, failure: &mut DynamicMessage) -> Result<(), CodecError> {
        if failure.has_field_by_name("encoded_attributes") {
            return Ok(());
        }
        let text = FailureText {
            message: text_of(failure, "message"),
            stack_trace: text_of(failure, "stack_trace"),
        };
        let payload = DataConverter::default()
            .to_payload(&text)
            .map_err(|error| CodecError::new(error.to_string()))?;
        let payload = Value::Message(to_dynamic(&payload)?);
        failure.set_field_by_name("encoded_attributes", payload);
        failure.set_field_by_name("message", Value::String(ENCODED_FAILURE.to_owned()));
        failure.set_field_by_name("stack_trace", Value::String(String::new()));
        Ok(())
    }

    fn query_answer(&mut self, answer: &mut DynamicMessage) {
        if answer.has_field_by_name("failure") {
            let hidden = Value::String(ENCODED_FAILURE.to_owned());
            answer.set_field_by_name("error_message", hidden);
        }
    }
}

/// Moves the texts of failures back.
struct Show<'a>(&'a DataConverter);

impl Visitor for Show<'_> {
    fn failure(&mut self, failure: &mut DynamicMessage) -> Result<(), CodecError> {
        let encoded = failure.get_field_by_name("encoded_attributes");
        let Some(encoded) = encoded.filter(|_| failure.has_field_by_name("encoded_attributes"))
        else {
            return Ok(());
        };
        let Some(payload) = encoded.as_message() else {
            return Ok(());
        };
        let payload: Payload = from_dynamic(payload)?;
        // Another converter may have its own form; then the failure stays as it is.
        let Ok(text) = self.0.from_payload::<FailureText>(&payload) else {
            return Ok(());
        };
        failure.set_field_by_name("message", Value::String(text.message));
        failure.set_field_by_name("stack_trace", Value::String(text.stack_trace));
        failure.clear_field_by_name("encoded_attributes");
        Ok(())
    }
}

fn text_of(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

fn walk(message: &mut DynamicMessage, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
    let descriptor = message.descriptor();
    match descriptor.full_name() {
        PAYLOAD => return walk_payload(message, visitor),
        PAYLOADS => return walk_payloads(message, visitor),
        ANY => return walk_any(message, visitor),
        name if CLEAR.contains(&name) => return Ok(()),
        FAILURE => visitor.failure(message)?,
        name if QUERY_ANSWERS.contains(&name) => visitor.query_answer(message),
        _ => {}
    }
    for (_, value) in message.fields_mut() {
        walk_value(value, visitor)?;
    }
    Ok(())
}

fn walk_value(value: &mut Value, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
    match value {
        Value::Message(message) => walk(message, visitor),
        Value::List(values) => values.iter_mut().try_for_each(|it| walk_value(it, visitor)),
        // Not changed between two walks, so that both meet the values in one order.
        Value::Map(values) => values
            .values_mut()
            .try_for_each(|it| walk_value(it, visitor)),
        _ => Ok(()),
    }
}

fn walk_payload(message: &mut DynamicMessage, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
    let mut payloads = vec![from_dynamic(message)?];
    if visitor.payloads(&mut payloads)? == Visited::Changed {
        let [payload] = payloads.as_slice() else {
            return Err(CodecError::new(
                "one payload must become one payload, and not several or none",
            ));
        };
        *message = to_dynamic(payload)?;
    }
    Ok(())
}

fn walk_payloads(
    message: &mut DynamicMessage,
    visitor: &mut dyn Visitor,
) -> Result<(), CodecError> {
    let mut whole: mainspring_proto::common::v1::Payloads = from_dynamic(message)?;
    if visitor.payloads(&mut whole.payloads)? == Visited::Changed {
        *message = to_dynamic(&whole)?;
    }
    Ok(())
}

/// Messages of protocols, such as updates, are packed.
fn walk_any(message: &mut DynamicMessage, visitor: &mut dyn Visitor) -> Result<(), CodecError> {
    let url = text_of(message, "type_url");
    let name = url.rsplit('/').next().unwrap_or_default();
    let Some(descriptor) = POOL.get_message_by_name(name) else {
        return Ok(());
    };
    let packed = message.get_field_by_name("value");
    let Some(packed) = packed.as_ref().and_then(|it| it.as_bytes()) else {
        return Ok(());
    };
    let mut inner = DynamicMessage::decode(descriptor, packed.clone()).map_err(failed)?;
    walk(&mut inner, visitor)?;
    message.set_field_by_name("value", Value::Bytes(inner.encode_to_vec().into()));
    Ok(())
}

pub(crate) fn to_dynamic<M: Message + Name>(message: &M) -> Result<DynamicMessage, CodecError> {
    decode(&M::full_name(), message.encode_to_vec().into())
}

fn decode(name: &str, message: Bytes) -> Result<DynamicMessage, CodecError> {
    let descriptor = POOL.get_message_by_name(name);
    let descriptor =
        descriptor.ok_or_else(|| CodecError::new(format!("no descriptor of {name}")))?;
    DynamicMessage::decode(descriptor, message).map_err(failed)
}

pub(crate) fn from_dynamic<M: Message + Default>(
    message: &DynamicMessage,
) -> Result<M, CodecError> {
    // Of the same type as in answers of the server, since each type of buffer has code of its own.
    M::decode(Bytes::from(message.encode_to_vec())).map_err(failed)
}

fn failed(error: prost::DecodeError) -> CodecError {
    CodecError::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use mainspring_proto::command::v1 as command;
    use mainspring_proto::workflowservice::v1::RespondWorkflowTaskCompletedRequest;

    use super::*;
    use crate::converter::{CodecFuture, PayloadCodec};
    use crate::error::Failure;

    /// Turns bytes round.
    struct Reverse;

    impl PayloadCodec for Reverse {
        fn encode(&self, mut payloads: Vec<Payload>) -> CodecFuture<'_> {
            for payload in &mut payloads {
                let reversed: Vec<u8> = payload.data.iter().rev().copied().collect();
                payload.data = reversed.into();
            }
            Box::pin(std::future::ready(Ok(payloads)))
        }

        fn decode(&self, payloads: Vec<Payload>) -> CodecFuture<'_> {
            self.encode(payloads)
        }
    }

    #[tokio::test]
    async fn payloads_and_texts_of_failures_are_encoded_wherever_they_are() {
        let converter = DataConverter::default()
            .with_codec(Reverse)
            .with_encoded_failures();
        let failure = Failure::application("Secret", "do not tell").into_proto();
        let fail = command::FailWorkflowExecutionCommandAttributes {
            failure: Some(failure),
        };
        let payload = DataConverter::default().to_payload(&"abc".to_owned());
        let complete = command::CompleteWorkflowExecutionCommandAttributes {
            result: Some(mainspring_proto::common::v1::Payloads {
                payloads: vec![payload.expect("a text is JSON")],
            }),
        };
        let of = |attributes| command::Command {
            attributes: Some(attributes),
            ..Default::default()
        };
        let request = RespondWorkflowTaskCompletedRequest {
            commands: vec![
                of(
                    command::command::Attributes::FailWorkflowExecutionCommandAttributes(Box::new(
                        fail,
                    )),
                ),
                of(
                    command::command::Attributes::CompleteWorkflowExecutionCommandAttributes(
                        Box::new(complete),
                    ),
                ),
            ],
            ..Default::default()
        };
        let mut encoded = request.clone();
        converter
            .encode_all(&mut encoded)
            .await
            .expect("it encodes");
        let bytes = encoded.encode_to_vec();
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(has(b"\"cba\"") && !has(b"\"abc\""));
        assert!(has(ENCODED_FAILURE.as_bytes()) && !has(b"do not tell"));
        converter
            .decode_all(&mut encoded)
            .await
            .expect("it decodes");
        assert_eq!(encoded, request);
    }
}
