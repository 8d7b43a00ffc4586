//! From values to payloads and back.

mod args;
mod codec;
mod encoded;
pub(crate) mod payload;
mod payload_converter;
mod proto;
pub(crate) mod visit;

pub use args::{Args, IntoArgs};
pub use codec::{CodecError, CodecFuture, PayloadCodec};
pub use encoded::EncodedValues;
pub use payload::{ConverterError, DataConverter, RawPayload, Value};
pub use payload_converter::{AnyValue, PayloadConverter, ReadError, Slot, WriteError};
pub use proto::{Proto, add_proto_descriptors};

/// A value as it is recorded: bytes, and metadata that tells how to read them.
pub type Payload = mainspring_proto::common::v1::Payload;
