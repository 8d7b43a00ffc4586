//! Transformation of payloads on their way to and from the server.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::Payload;

/// What a codec's methods return.
pub type CodecFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Payload>, CodecError>> + Send + 'a>>;

/// Compresses, encrypts or stores payloads elsewhere; `decode` undoes `encode`.
///
/// Both are called outside workflow code, so that they may do IO. A codec that fails to encode or decode what belongs
/// to a workflow task fails that task, which is tried again.
///
/// `examples/encryption` has one that encrypts, with keys that can be changed while workflows run.
pub trait PayloadCodec: Send + Sync + 'static {
    /// Before payloads leave.
    fn encode(&self, payloads: Vec<Payload>) -> CodecFuture<'_>;
    /// After payloads arrive.
    fn decode(&self, payloads: Vec<Payload>) -> CodecFuture<'_>;
}

/// Why a codec failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecError(String);

impl CodecError {
    /// With a message for the developer.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "payload codec failed: {}", self.0)
    }
}

impl std::error::Error for CodecError {}
