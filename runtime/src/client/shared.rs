//! What the clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainspring_proto::operatorservice::v1::operator_service_client::OperatorServiceClient;
use mainspring_proto::rpc::Rpc;
use mainspring_proto::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic::codegen::InterceptedService;
use tonic::transport::Channel;

use super::local_workers::LocalWorkers;
use super::retry::{Patience, retrying};
use super::rpc::{self, Grpc, Outgoing};
use super::{ClientError, ConnectOptions, Headers, Transport};
use crate::activity::BoxFuture;
use crate::converter::{CodecError, DataConverter, EncodedValues, Payload};
use crate::interceptor::Interceptors;
use crate::metrics::Sink;

/// The protocol's client, with our metadata.
pub type Service = WorkflowServiceClient<InterceptedService<Transport, Headers>>;

/// The protocol's client for operators, with our metadata.
pub type OperatorService = OperatorServiceClient<InterceptedService<Transport, Headers>>;

/// The largest answer that is accepted: a page of history may hold many large payloads.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;

pub(crate) struct Shared {
    transport: Transport,
    grpc: Grpc,
    headers: Headers,
    pub(crate) namespace: String,
    pub(crate) identity: String,
    pub(crate) converter: DataConverter,
    pub(crate) interceptors: Interceptors,
    pub(crate) metrics: Sink,
    retry_for: Duration,
    task_queue: Option<String>,
    /// The workers made from this client. If all have one queue, it is where workflows start by default.
    pub(crate) local_workers: Arc<LocalWorkers>,
}

impl Shared {
    pub(crate) fn new(
        channel: Channel,
        headers: Headers,
        identity: String,
        options: ConnectOptions,
    ) -> Self {
        let transport = Transport::new(channel, options.metrics.clone(), &options.namespace);
        Self {
            grpc: grpc(&transport, headers.clone()),
            transport,
            headers,
            namespace: options.namespace,
            identity,
            converter: options.converter,
            interceptors: options.interceptors,
            metrics: options.metrics,
            retry_for: options.retry_for,
            task_queue: None,
            local_workers: Arc::default(),
        }
    }

    pub(crate) fn with_namespace(&self, namespace: String) -> Self {
        // A namespace with characters that cannot be sent is refused by the server by its own check.
        let headers = self.headers.with_namespace(&namespace);
        let headers = headers.unwrap_or_else(|_| self.headers.clone());
        let transport = self.transport.with_namespace(&namespace);
        Self {
            grpc: grpc(&transport, headers.clone()),
            transport,
            headers,
            namespace,
            local_workers: Arc::default(),
            ..self.copy()
        }
    }

    pub(crate) fn with_task_queue(&self, task_queue: String) -> Self {
        Self {
            task_queue: Some(task_queue),
            ..self.copy()
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn with_identity(&self, identity: String) -> Self {
        Self {
            identity,
            ..self.copy()
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn with_innermost(&self, interceptor: impl crate::interceptor::Interceptor) -> Self {
        let mut copy = self.copy();
        copy.interceptors.push(interceptor);
        copy
    }

    #[cfg(feature = "testing")]
    pub(crate) fn channel(&self) -> Channel {
        self.transport.channel()
    }

    fn copy(&self) -> Self {
        Self {
            transport: self.transport.clone(),
            grpc: self.grpc.clone(),
            headers: self.headers.clone(),
            namespace: self.namespace.clone(),
            identity: self.identity.clone(),
            converter: self.converter.clone(),
            interceptors: self.interceptors.clone(),
            metrics: self.metrics.clone(),
            retry_for: self.retry_for,
            task_queue: self.task_queue.clone(),
            local_workers: Arc::clone(&self.local_workers),
        }
    }

    pub(crate) fn service(&self) -> Service {
        WorkflowServiceClient::with_interceptor(self.transport.clone(), self.headers.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .max_encoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
    }

    pub(crate) fn operator_service(&self) -> OperatorService {
        OperatorServiceClient::with_interceptor(self.transport.clone(), self.headers.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
    }

    /// The queue to start workflows on where neither call nor attribute says one.
    pub(crate) fn default_task_queue(&self) -> Option<String> {
        let own = self.task_queue.clone();
        own.or_else(|| self.local_workers.only_queue())
    }

    /// Sends a request, and again for as long as the options say if it fails in passing.
    pub(crate) async fn call<R: Rpc>(&self, request: &R) -> Result<R::Answer, Status> {
        rpc::answer::<R>(self.send(self.patience(), Outgoing::new(request)).await)
    }

    /// The same, at least until then.
    pub(crate) async fn call_until<R: Rpc>(
        &self,
        end: tokio::time::Instant,
        request: &R,
    ) -> Result<R::Answer, Status> {
        let patience = Patience::Until(self.retry_for, end);
        rpc::answer::<R>(self.send(patience, Outgoing::new(request)).await)
    }

    /// The same through outages of any length, for what is waited for in any case.
    pub(crate) async fn wait<R: Rpc>(&self, request: &R) -> Result<R::Answer, Status> {
        let patience = Patience::Outage(self.retry_for);
        rpc::answer::<R>(self.send(patience, Outgoing::new(request)).await)
    }

    /// The same for a long poll.
    pub(crate) async fn poll<R: Rpc>(&self, request: &R) -> Result<R::Answer, Status> {
        let patience = Patience::Outage(self.retry_for);
        rpc::answer::<R>(self.send(patience, Outgoing::long_poll(request)).await)
    }

    /// Sends a request once.
    pub(crate) async fn once<R: Rpc>(&self, request: &R) -> Result<R::Answer, Status> {
        rpc::answer::<R>(Outgoing::new(request).send(&self.grpc).await)
    }

    /// Sends a long poll once.
    pub(crate) async fn poll_once<R: Rpc>(&self, request: &R) -> Result<R::Answer, Status> {
        rpc::answer::<R>(Outgoing::long_poll(request).send(&self.grpc).await)
    }

    /// How long requests are tried again.
    pub(crate) fn patience(&self) -> Patience {
        Patience::For(self.retry_for)
    }

    fn send(&self, patience: Patience, request: Outgoing) -> BoxFuture<'_, Result<Bytes, Status>> {
        Box::pin(retrying(patience, move || request.send(&self.grpc)))
    }

    pub(crate) async fn encode(&self, payloads: Vec<Payload>) -> Result<Vec<Payload>, CodecError> {
        match &self.converter.codec {
            Some(codec) if !payloads.is_empty() => codec.encode(payloads).await,
            _ => Ok(payloads),
        }
    }

    pub(crate) async fn decode(&self, payloads: Vec<Payload>) -> Result<Vec<Payload>, CodecError> {
        match &self.converter.codec {
            Some(codec) if !payloads.is_empty() => codec.decode(payloads).await,
            _ => Ok(payloads),
        }
    }

    /// Arguments as requests carry them.
    pub(crate) async fn input(
        &self,
        payloads: Vec<Payload>,
    ) -> Result<Option<mainspring_proto::common::v1::Payloads>, ClientError> {
        Ok(EncodedValues::new(self.encode(payloads).await?).into_proto())
    }

    /// The one value that an answer carries; null if it has none.
    pub(crate) async fn output<T: crate::converter::Value>(
        &self,
        payloads: Option<mainspring_proto::common::v1::Payloads>,
    ) -> Result<T, ClientError> {
        let payloads = self.decode(payloads.unwrap_or_default().payloads).await?;
        let payload = match payloads.into_iter().next() {
            Some(payload) => payload,
            None => self.converter.to_payload(&())?,
        };
        Ok(self.converter.from_payload(&payload)?)
    }
}

/// The headers of a call as requests carry them.
pub(super) fn header(
    fields: crate::interceptor::Headers,
) -> Option<mainspring_proto::common::v1::Header> {
    (!fields.is_empty()).then_some(mainspring_proto::common::v1::Header { fields })
}

fn grpc(transport: &Transport, headers: Headers) -> Grpc {
    Grpc::new(InterceptedService::new(transport.clone(), headers))
        .max_decoding_message_size(MAX_ANSWER_BYTES)
        .max_encoding_message_size(MAX_ANSWER_BYTES)
        .accept_compressed(CompressionEncoding::Gzip)
}
