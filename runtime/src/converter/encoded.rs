//! Values not yet decoded.

use mainspring_proto::common::v1::Payloads;

use super::{Args, ConverterError, DataConverter, Payload, Value};

/// A list of values not yet decoded: the arguments of a handler for any type, the details of a failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodedValues {
    payloads: Vec<Payload>,
}

impl EncodedValues {
    /// From payloads.
    pub fn new(payloads: Vec<Payload>) -> Self {
        Self { payloads }
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
        DataConverter::default().from_payload(payload)
    }

    /// Decodes all at once, as a tuple.
    ///
    /// # Errors
    /// If one does not decode, or is missing where its type does not allow null.
    pub fn decode<A: Args>(&self) -> Result<A, ConverterError> {
        A::from_payloads(&DataConverter::default(), &self.payloads)
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
