//! What the clones of a client share.

use std::sync::Arc;
use std::time::Duration;

use mainspring_proto::operatorservice::v1::operator_service_client::OperatorServiceClient;
use mainspring_proto::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use tonic::codegen::InterceptedService;
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::local_workers::LocalWorkers;
use super::retry::{Patience, retrying};
use super::{ClientError, ConnectOptions, Headers, Transport};
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
    pub(crate) service: Service,
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
            service: service(&transport, headers.clone()),
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
            service: service(&transport, headers.clone()),
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
            service: self.service.clone(),
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

    pub(crate) fn operator_service(&self) -> OperatorService {
        OperatorServiceClient::with_interceptor(self.transport.clone(), self.headers.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
    }

    /// The queue to start workflows on where neither call nor attribute says one.
    pub(crate) fn default_task_queue(&self) -> Option<String> {
        let own = self.task_queue.clone();
        own.or_else(|| self.local_workers.only_queue())
    }

    /// Sends a request, and again for as long as the options say if it fails in passing.
    pub(crate) async fn retrying<T, F>(&self, send: impl FnMut(Service) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.send(Patience::For(self.retry_for), send).await
    }

    /// The same, at least until then.
    pub(crate) async fn retrying_until<T, F>(
        &self,
        end: tokio::time::Instant,
        send: impl FnMut(Service) -> F,
    ) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.send(Patience::Until(self.retry_for, end), send).await
    }

    /// The same for a long poll, through outages of any length.
    pub(crate) async fn polling<T, F>(&self, send: impl FnMut(Service) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.send(Patience::Outage(self.retry_for), send).await
    }

    async fn send<T, F>(
        &self,
        patience: Patience,
        mut send: impl FnMut(Service) -> F,
    ) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        retrying(patience, || send(self.service.clone())).await
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

fn service(transport: &Transport, headers: Headers) -> Service {
    WorkflowServiceClient::with_interceptor(transport.clone(), headers)
        .max_decoding_message_size(MAX_ANSWER_BYTES)
        .max_encoding_message_size(MAX_ANSWER_BYTES)
        .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
}
