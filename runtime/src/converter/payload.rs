//! One value, one payload.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::payload_converter::{self, PayloadConverter};
use super::{Payload, PayloadCodec};
use crate::activity::CURRENT;
use crate::engine::context;

pub(crate) const ENCODING: &str = "encoding";
pub(crate) const JSON: &str = "json/plain";
pub(crate) const NULL: &str = "binary/null";
pub(crate) const BINARY: &str = "binary/plain";

/// A value that can be an argument or a result: anything serde can write and read again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument or a result of a workflow or activity",
    label = "must be recorded in history as a payload",
    note = "derive `serde::Serialize` and `serde::Deserialize`, and own all data (no borrows): `#[derive(Serialize, Deserialize)]`"
)]
pub trait Value: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Value for T {}

/// How values become payloads: JSON as in the other SDKs, `Vec<u8>` and `Bytes` as they are, unit and `None` as
/// null, and [`Proto`](super::Proto) messages in their own encoding. A [`PayloadConverter`], if set, stands in place of
/// JSON. A codec, if set, transforms all payloads on their way to and from the server.
#[derive(Clone, Default)]
pub struct DataConverter {
    pub(crate) codec: Option<Arc<dyn PayloadCodec>>,
    pub(crate) encode_failures: bool,
    /// The last one writes.
    converters: Option<Arc<[Arc<dyn PayloadConverter>]>>,
}

/// A value that cannot be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConverterError {
    message: String,
}

impl DataConverter {
    /// Compresses, encrypts or otherwise transforms all payloads.
    #[must_use]
    pub fn with_codec(mut self, codec: impl PayloadCodec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }

    /// Moves messages and stack traces of failures into payloads, so that the codec encrypts them as well.
    #[must_use]
    pub fn with_encoded_failures(mut self) -> Self {
        self.encode_failures = true;
        self
    }

    /// Writes values in this encoding, and reads those that are in it. Payloads in JSON and of the converters set before
    /// are read still, so that the encoding can be changed while workflows run, once all workers know the new one.
    ///
    /// Clients, workflow code and activities convert all values by the converter of their client. Search attributes,
    /// headers and what the SDK keeps for itself stay JSON: servers and other SDKs read them.
    #[must_use]
    pub fn with_payload_converter(mut self, converter: impl PayloadConverter) -> Self {
        let before = self.converters.iter().flat_map(|it| it.iter().cloned());
        let converter: Arc<dyn PayloadConverter> = Arc::new(converter);
        self.converters = Some(before.chain([converter]).collect());
        self
    }

    /// That of the workflow or the activity whose code runs here; the default one if neither does.
    pub(crate) fn current() -> Self {
        let of_run = context::try_with(|run| run.converter().clone());
        let of_activity = || CURRENT.try_with(|it| it.converter.clone()).ok();
        of_run.or_else(of_activity).unwrap_or_default()
    }

    /// Encodes one value.
    ///
    /// # Errors
    /// If serde cannot write it as JSON, or whatever else is set: a map whose keys are no strings, for example.
    pub fn to_payload<T: Value>(&self, value: &T) -> Result<Payload, ConverterError> {
        let any: &dyn Any = value;
        if let Some(bytes) = any.downcast_ref::<Vec<u8>>() {
            return Ok(payload(BINARY, Bytes::copy_from_slice(bytes)));
        }
        if let Some(bytes) = any.downcast_ref::<Bytes>() {
            return Ok(payload(BINARY, bytes.clone()));
        }
        match self.converters().last() {
            Some(converter) => payload_converter::encode(&**converter, value),
            None => encode(value),
        }
    }

    /// Decodes one value.
    ///
    /// # Errors
    /// If the payload has another encoding or shape than `T`.
    pub fn from_payload<T: Value>(&self, payload: &Payload) -> Result<T, ConverterError> {
        let encoding = encoding_of(payload);
        if encoding == BINARY {
            let mut slot: Option<T> = None;
            let any: &mut dyn Any = &mut slot;
            if let Some(bytes) = any.downcast_mut::<Option<Vec<u8>>>() {
                *bytes = Some(payload.data.to_vec());
            } else if let Some(bytes) = any.downcast_mut::<Option<Bytes>>() {
                *bytes = Some(payload.data.clone());
            }
            if let Some(value) = slot {
                return Ok(value);
            }
        }
        let mut converters = self.converters().iter().rev();
        match converters.find(|it| it.encoding() == encoding) {
            Some(converter) => payload_converter::decode(&**converter, payload),
            None => decode(payload, &encoding),
        }
    }

    fn converters(&self) -> &[Arc<dyn PayloadConverter>] {
        self.converters.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for DataConverter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataConverter")
            .field("codec", &self.codec.is_some())
            .field("encode_failures", &self.encode_failures)
            .field("converters", &self.converters().len())
            .finish()
    }
}

impl ConverterError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    pub(crate) fn context(self, what: impl fmt::Display) -> Self {
        Self::new(format!("{what}: {}", self.message))
    }
}

impl fmt::Display for ConverterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConverterError {}

/// A payload passed through as it is: for handlers of any type, and values that this program need not understand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawPayload(pub Payload);

thread_local! {
    /// Lets `RawPayload` and `Proto`, which serde only knows as values among others, hand over a whole payload.
    pub(super) static PASS_THROUGH: RefCell<Option<Payload>> = const { RefCell::new(None) };
}

pub(super) const NESTED: &str = "a payload must be a whole argument or result, not part of one";

/// Leaves a whole payload for [`encode`] while serde writes a null in its place.
pub(super) fn write_through<S: Serializer>(payload: Payload, to: S) -> Result<S::Ok, S::Error> {
    PASS_THROUGH.set(Some(payload));
    to.serialize_unit()
}

/// Takes the whole payload that [`decode`] left.
pub(super) fn read_through<'de, D: Deserializer<'de>>(from: D) -> Result<Payload, D::Error> {
    use serde::de::{Error, IgnoredAny};
    IgnoredAny::deserialize(from)?;
    PASS_THROUGH.take().ok_or_else(|| D::Error::custom(NESTED))
}

impl Serialize for RawPayload {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_through(self.0.clone(), to)
    }
}

impl<'de> Deserialize<'de> for RawPayload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_through(from).map(Self)
    }
}

fn encode<T: Value>(value: &T) -> Result<Payload, ConverterError> {
    PASS_THROUGH.set(None);
    let json = serde_json::to_vec(value)
        .map_err(|error| ConverterError::new(error.to_string()).context(type_of::<T>()))?;
    if let Some(whole) = PASS_THROUGH.take() {
        if json != b"null" {
            return Err(ConverterError::new(NESTED).context(type_of::<T>()));
        }
        return Ok(whole);
    }
    if json == b"null" {
        return Ok(payload(NULL, Bytes::new()));
    }
    Ok(payload(JSON, json.into()))
}

fn decode<T: Value>(payload: &Payload, encoding: &str) -> Result<T, ConverterError> {
    let json: &[u8] = match encoding {
        JSON | "json/protobuf" => &payload.data,
        _ => b"null",
    };
    PASS_THROUGH.set(Some(payload.clone()));
    let decoded = serde_json::from_slice(json);
    let untouched = PASS_THROUGH.take().is_some();
    if untouched && !matches!(encoding, JSON | "json/protobuf" | NULL) {
        return Err(ConverterError::new(format!(
            "cannot read a payload of encoding {encoding:?} as `{}`",
            type_of::<T>()
        )));
    }
    decoded.map_err(|error| {
        ConverterError::new(format!(
            "cannot read {} as `{}`: {error}",
            excerpt(json),
            type_of::<T>()
        ))
    })
}

/// Enough of a text to find the mistake, not enough to flood a log.
fn excerpt(json: &[u8]) -> String {
    const LIMIT: usize = 80;
    let text = String::from_utf8_lossy(json);
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

pub(super) fn type_of<T>() -> &'static str {
    std::any::type_name::<T>()
}

pub(crate) fn encoding_of(payload: &Payload) -> String {
    let encoding = payload.metadata.get(ENCODING);
    encoding.map_or_else(String::new, |it| String::from_utf8_lossy(it).into_owned())
}

pub(super) fn payload(encoding: &'static str, data: Bytes) -> Payload {
    Payload {
        metadata: [(ENCODING.to_owned(), Bytes::from_static(encoding.as_bytes()))].into(),
        data,
        ..Payload::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Value + PartialEq + fmt::Debug>(value: T, encoding: &str, data: &[u8]) {
        let converter = DataConverter::default();
        let payload = converter.to_payload(&value).expect("the value encodes");
        assert_eq!(encoding_of(&payload), encoding);
        assert_eq!(&payload.data[..], data);
        let back: T = converter.from_payload(&payload).expect("and decodes");
        assert_eq!(back, value);
    }

    #[test]
    fn values_are_encoded_as_the_other_sdks_do() {
        check("a".to_owned(), JSON, b"\"a\"");
        check(7u32, JSON, b"7");
        check((), NULL, b"");
        check(None::<String>, NULL, b"");
        check(Some(1u8), JSON, b"1");
        check(b"raw".to_vec(), BINARY, b"raw");
        check(Bytes::from_static(b"raw"), BINARY, b"raw");
        check(
            RawPayload(payload("x/y", Bytes::from_static(b"z"))),
            "x/y",
            b"z",
        );
    }

    #[test]
    fn a_payload_within_a_value_is_refused() {
        let nested = vec![RawPayload::default()];
        assert!(DataConverter::default().to_payload(&nested).is_err());
    }

    #[test]
    fn what_does_not_decode_says_what_was_expected() {
        let text = payload(JSON, Bytes::from_static(b"\"a\""));
        let error = DataConverter::default().from_payload::<u32>(&text);
        assert_eq!(
            error.expect_err("a string is no number").to_string(),
            "cannot read `\"a\"` as `u32`: invalid type: string \"a\", expected u32 at line 1 column 3"
        );
    }
}
