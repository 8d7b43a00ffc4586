//! Values not yet decoded.

use mainspring_proto::common::v1::Payloads;

use super::{Args, ConverterError, DataConverter, Payload, Value};

/// A list of values not yet decoded: the arguments of a handler for any type, the details of a failure.
///
/// They are decoded by the converter of the client, the workflow or the activity that got them.
#[derive(Clone, Debug, Default)]
pub struct EncodedValues {
    payloads: Vec<Payload>,
    /// If it is not that of the workflow or the activity in which they are decoded.
    converter: Option<DataConverter>,
}

impl PartialEq for EncodedValues {
    fn eq(&self, other: &Self) -> bool {
        self.payloads == other.payloads
    }
}

impl EncodedValues {
    /// From payloads.
    pub fn new(payloads: Vec<Payload>) -> Self {
        Self {
            payloads,
            converter: None,
        }
    }

    /// The same, decoded by this converter.
    #[must_use]
    pub fn read_by(mut self, converter: &DataConverter) -> Self {
        self.converter = Some(converter.clone());
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.payloads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }

    /// Decodes one.
    ///
    /// # Errors
    /// If there is none at this place, or it does not decode as `T`.
    pub fn get<T: Value>(&self, index: usize) -> Result<T, ConverterError> {
        let payload = self.payloads.get(index).ok_or_else(|| {
            ConverterError::new(format!(
                "there is no value {index}, only {}",
                self.payloads.len()
            ))
        })?;
        self.converter().from_payload(payload)
    }

    /// Decodes all at once, as a tuple.
    ///
    /// # Errors
    /// If one does not decode, or is missing where its type does not allow null.
    pub fn decode<A: Args>(&self) -> Result<A, ConverterError> {
        A::from_payloads(&self.converter(), &self.payloads)
    }

    fn converter(&self) -> DataConverter {
        let own = self.converter.clone();
        own.unwrap_or_else(DataConverter::current)
    }

    /// The payloads themselves.
    pub fn payloads(&self) -> &[Payload] {
        &self.payloads
    }

    pub(crate) fn push(&mut self, payload: Payload) {
        self.payloads.push(payload);
    }

    /// Not set rather than empty, as the other SDKs send it.
    pub(crate) fn into_proto(self) -> Option<Payloads> {
        (!self.payloads.is_empty()).then_some(Payloads {
            payloads: self.payloads,
        })
    }
}

impl From<Option<Payloads>> for EncodedValues {
    fn from(from: Option<Payloads>) -> Self {
        Self::new(from.unwrap_or_default().payloads)
    }
}
