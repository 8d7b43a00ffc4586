//! What is served, and what requests and answers go through on their way.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use mainspring_proto::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    testservice::v1::test_service_server::TestServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use tonic::{body::Body, codec::CompressionEncoding, server::NamedService, service::Routes};
use tonic_health::pb::health_server::{Health, HealthServer};
use tower::{Layer as _, Service, util::MapResponse};

use crate::{
    clock::Clock,
    frontend::{Frontend, operator::Operator, test_service::Test},
    gzip::InflateLayer,
    message_size, reflection,
};

/// All that is served.
pub(crate) fn served(
    frontend: &Arc<Frontend>,
    health: HealthServer<impl Health>,
) -> impl Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let mut services = Services::of(frontend);
    services.others = services
        .others
        .add_service(health)
        .add_service(reflection::v1())
        .add_service(reflection::v1alpha())
        .prepare();
    let inflate = InflateLayer {
        limit: frontend.config.limits.message_size,
    };
    MapResponse::new(inflate.layer(services), message_size::reworded)
}

/// The services of the protocol.
#[derive(Clone)]
pub(crate) struct Services {
    workflow: WorkflowServiceServer<Frontend>,
    others: Routes,
}

impl Services {
    pub(crate) fn of(frontend: &Arc<Frontend>) -> Self {
        let message_size = frontend.config.limits.message_size;
        let workflow = WorkflowServiceServer::from_arc(Arc::clone(frontend))
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(message_size);
        let operator = OperatorServiceServer::new(Operator(Arc::clone(frontend)))
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(message_size);
        let others = Routes::new(operator);
        if !is_for_tests(frontend) {
            return Self { workflow, others };
        }
        let test = TestServiceServer::new(Test(Arc::clone(frontend)))
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip);
        let others = others.add_service(test);
        Self { workflow, others }
    }
}

/// Whether its time can be skipped, and so the protocol's test service be served.
pub(crate) fn is_for_tests(frontend: &Frontend) -> bool {
    !matches!(frontend.shard.clocks.common(), Clock::System)
}

impl Service<Request<Body>> for Services {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // None of them has limits.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Nearly every request, past the allocations of a router.
        if service_of(request.uri().path()) == Some(WorkflowServiceServer::<Frontend>::NAME) {
            return self.workflow.call(request);
        }
        Box::pin(self.others.call(request))
    }
}

/// The service in the path of a request, `/SERVICE/METHOD`.
fn service_of(path: &str) -> Option<&str> {
    let (service, _) = path.strip_prefix('/')?.split_once('/')?;
    Some(service)
}
