//! The way of requests to the server, where they are counted and measured.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::LONG_POLL;
use crate::activity::BoxFuture;
use crate::metrics::{Label, Sink};

/// A connection whose requests are measured.
#[derive(Clone)]
pub struct Transport {
    channel: Channel,
    metrics: Sink,
    namespace: Arc<str>,
}

/// Marks a request that the server answers once there is something to say.
#[derive(Clone, Copy)]
struct IsLongPoll;

/// A request that the server answers once there is something to say.
pub(super) fn long_poll<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(LONG_POLL);
    request.extensions_mut().insert(IsLongPoll);
    request
}

impl Transport {
    pub(super) fn new(channel: Channel, metrics: Sink, namespace: &str) -> Self {
        Self {
            channel,
            metrics,
            namespace: namespace.into(),
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The same for another namespace.
    pub(super) fn with_namespace(&self, namespace: &str) -> Self {
        Self::new(self.channel.clone(), self.metrics.clone(), namespace)
    }
}

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Self::Response, Status>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let ready = self.channel.poll_ready(cx);
        ready.map_err(|error| Status::from_error(Box::new(error)))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let measured = Measured::of(self, &request);
        let sent = self.channel.call(request);
        Box::pin(async move {
            let answer = sent.await;
            let answer = answer.map_err(|error| Status::from_error(Box::new(error)));
            if let Some(measured) = measured {
                measured.ended(&answer);
            }
            answer
        })
    }
}

/// What is measured of a request, where anything is.
struct Measured {
    metrics: Sink,
    namespace: Arc<str>,
    path: String,
    is_long_poll: bool,
    since: Instant,
}

impl Measured {
    fn of(transport: &Transport, request: &http::Request<Body>) -> Option<Self> {
        transport.metrics.get()?;
        let measured = Self {
            metrics: transport.metrics.clone(),
            namespace: Arc::clone(&transport.namespace),
            path: request.uri().path().to_owned(),
            is_long_poll: request.extensions().get::<IsLongPoll>().is_some(),
            since: Instant::now(),
        };
        let name = match measured.is_long_poll {
            true => "temporal_long_request",
            false => "temporal_request",
        };
        measured.metrics.count(name, &measured.labels());
        Some(measured)
    }

    fn ended(self, answer: &Result<http::Response<Body>, Status>) {
        let [latency, failure] = match self.is_long_poll {
            true => [
                "temporal_long_request_latency",
                "temporal_long_request_failure",
            ],
            false => ["temporal_request_latency", "temporal_request_failure"],
        };
        let [namespace, operation] = self.labels();
        let took = self.since.elapsed();
        self.metrics.latency(latency, &[namespace, operation], took);
        if let Some(code) = failure_of(answer) {
            let code = canonical(code);
            let labels = [namespace, operation, ("status_code", code.as_str())];
            self.metrics.count(failure, &labels);
        }
    }

    fn labels(&self) -> [Label<'_>; 2] {
        let operation = self.path.rsplit('/').next().unwrap_or_default();
        [("namespace", &*self.namespace), ("operation", operation)]
    }
}

/// An error comes with the headers; after them nothing but the message itself can go wrong.
fn failure_of(answer: &Result<http::Response<Body>, Status>) -> Option<Code> {
    let code = match answer {
        Ok(response) => Status::from_header_map(response.headers())?.code(),
        Err(status) => status.code(),
    };
    (code != Code::Ok).then_some(code)
}

/// A code's name as gRPC writes it: `INVALID_ARGUMENT`.
fn canonical(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_as_grpc_does() {
        for (code, name) in [
            (Code::Unavailable, "UNAVAILABLE"),
            (Code::InvalidArgument, "INVALID_ARGUMENT"),
            (Code::DataLoss, "DATA_LOSS"),
        ] {
            assert_eq!(canonical(code), name);
        }
    }
}
