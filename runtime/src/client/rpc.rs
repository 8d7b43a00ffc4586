//! Requests and answers on their way.
//!
//! Messages are encoded before all that takes time, and decoded after it. So what waits, tries again and speaks gRPC is
//! compiled once, instead of for each RPC, and a request that is tried again is not encoded again.

use bytes::Bytes;
use mainspring_proto::rpc::{Encoded, Rpc};
use prost::Message;
use tonic::codegen::InterceptedService;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};

use super::transport::long_poll;
use super::{Headers, Transport};
use crate::activity::BoxFuture;

pub(super) type Grpc = tonic::client::Grpc<InterceptedService<Transport, Headers>>;

/// A request as it is sent, as often as it takes.
#[derive(Clone)]
pub(super) struct Outgoing {
    path: &'static str,
    message: Bytes,
    is_long_poll: bool,
}

impl Outgoing {
    pub(super) fn new<R: Rpc>(request: &R) -> Self {
        Self {
            path: R::PATH,
            message: request.encode_to_vec().into(),
            is_long_poll: false,
        }
    }

    /// One that the server answers once there is something to say.
    pub(super) fn long_poll<R: Rpc>(request: &R) -> Self {
        Self {
            is_long_poll: true,
            ..Self::new(request)
        }
    }

    /// Sends it once.
    pub(super) fn send(&self, grpc: &Grpc) -> BoxFuture<'static, Result<Bytes, Status>> {
        let (mut grpc, path) = (grpc.clone(), PathAndQuery::from_static(self.path));
        let request = match self.is_long_poll {
            true => long_poll(self.message.clone()),
            false => Request::new(self.message.clone()),
        };
        Box::pin(async move {
            let ready = grpc.ready().await;
            // As the generated clients say it.
            ready.map_err(|e| Status::unknown(format!("Service was not ready: {e}")))?;
            let response = grpc.unary(request, path, Encoded).await?;
            Ok(response.into_inner())
        })
    }
}

/// The answer to a request.
pub(super) fn answer<R: Rpc>(encoded: Result<Bytes, Status>) -> Result<R::Answer, Status> {
    R::Answer::decode(encoded?).map_err(|error| Status::internal(error.to_string()))
}
