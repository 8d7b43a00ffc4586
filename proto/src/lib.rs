//! The messages, clients and server traits of Temporal's public gRPC API.
//!
//! Everything here is generated when the crate is built; the module tree follows the protobuf
//! packages, without their common prefix: `temporal.api.history.v1` is [`history::v1`]. One message is
//! written by hand, [`history::v1::History`]. [`rpc`] says which RPC a request is of.

#[allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    dead_code,
    rustdoc::all
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/mod.rs"));
}

#[path = "history.rs"]
mod encoded_history;
pub mod rpc;

pub use generated::google;
pub use generated::grpc;
pub use generated::temporal::api::*;
pub use {prost, prost_types, tonic};

/// The descriptors of every message and service in this crate, as an encoded `FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
