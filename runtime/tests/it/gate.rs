//! A gate between clients and the server, which can refuse requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::transport::{Channel, Endpoint, Server, server::TcpIncoming};
use tower::Service;

use crate::World;

/// What becomes of a request.
pub enum Verdict {
    /// The server gets it.
    Passed,
    /// The server never hears of it.
    Refused(Status),
    /// The server gets it, but its answer is lost.
    Unanswered,
}

type Judge = Arc<dyn Fn(&Request<Body>) -> Verdict + Send + Sync>;

/// Stands before a server, and passes on what is not refused.
#[derive(Clone)]
struct Gate {
    server: Channel,
    judge: Judge,
}

impl NamedService for Gate {
    const NAME: &'static str = "temporal.api.workflowservice.v1.WorkflowService";
}

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { mut server, judge } = self.clone();
        Box::pin(async move {
            let verdict = judge(&request);
            if let Verdict::Refused(status) = verdict {
                return Ok(status.into_http());
            }
            let answered = match std::future::poll_fn(|cx| server.poll_ready(cx)).await {
                Ok(()) => server.call(request).await,
                Err(error) => Err(error),
            };
            let gone = |()| Status::unavailable("the server is gone").into_http();
            Ok(match verdict {
                Verdict::Unanswered => gone(()),
                _ => answered.unwrap_or_else(|_| gone(())),
            })
        })
    }
}

/// Returns its address.
pub async fn before(
    world: &World,
    judge: impl Fn(&Request<Body>) -> Verdict + Send + Sync + 'static,
) -> String {
    let address = world.address();
    let address = address.trim_start_matches("http://");
    let server = Endpoint::from_shared(format!("http://{address}")).expect("it is an address");
    let gate = Gate {
        server: server.connect().await.expect("it answers"),
        judge: Arc::new(judge),
    };
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let serving = Server::builder().add_service(gate);
    tokio::spawn(serving.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

/// A server that is away, as far as one RPC goes, for as long as this says so.
#[derive(Clone, Default)]
pub struct Outage(Arc<State>);

#[derive(Default)]
struct State {
    rpc: Mutex<Option<&'static str>>,
    /// Of which the next answer is lost.
    unanswered: Mutex<Option<&'static str>>,
    refused: AtomicU32,
    /// The paths of requests.
    passed: Mutex<Vec<String>>,
}

impl Outage {
    /// A gate that this opens and closes. Returns its address.
    pub async fn gate(&self, world: &World) -> String {
        let Self(state) = self.clone();
        before(world, move |request| {
            let path = request.uri().path().to_owned();
            let rpc = *state.rpc.lock().expect("no panic");
            if rpc.is_some_and(|rpc| path.ends_with(rpc)) {
                state.refused.fetch_add(1, Ordering::Relaxed);
                return Verdict::Refused(Status::unavailable("away"));
            }
            let mut passed = state.passed.lock().expect("no panic");
            passed.push(path.clone());
            let mut unanswered = state.unanswered.lock().expect("no panic");
            match unanswered.take_if(|rpc| path.ends_with(*rpc)) {
                Some(_) => Verdict::Unanswered,
                None => Verdict::Passed,
            }
        })
        .await
    }

    /// Begins.
    pub fn begin(&self, rpc: &'static str) {
        *self.0.rpc.lock().expect("no panic") = Some(rpc);
    }

    /// Loses the answer to the next request of an RPC.
    pub fn lose_answer(&self, rpc: &'static str) {
        *self.0.unanswered.lock().expect("no panic") = Some(rpc);
    }

    /// Ends.
    pub fn end(&self) {
        *self.0.rpc.lock().expect("no panic") = None;
    }

    /// How many requests of an RPC have come through.
    pub fn passed(&self, rpc: &str) -> usize {
        let passed = self.0.passed.lock().expect("no panic");
        passed.iter().filter(|it| it.ends_with(rpc)).count()
    }

    /// Waits until so many have.
    pub async fn has_passed(&self, rpc: &str, requests: usize) {
        while self.passed(rpc) < requests {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many requests have been refused.
    pub async fn has_refused(&self, requests: u32) {
        while self.0.refused.load(Ordering::Relaxed) < requests {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
