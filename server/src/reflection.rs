//! gRPC reflection, for tools that ask a server what it serves.
//!
//! The descriptors of the protocol take 8 MiB once they are indexed, and few ever ask, so that is
//! done when the first one does.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use mainspring_proto::FILE_DESCRIPTOR_SET;
use tonic::{body::Body, codegen::http, server::NamedService};
use tonic_reflection::{pb, server};
use tower::Service;

/// The reflection service, as current tools ask for it.
pub(crate) fn v1() -> OnFirstUse<
    pb::v1::server_reflection_server::ServerReflectionServer<
        impl pb::v1::server_reflection_server::ServerReflection,
    >,
> {
    OnFirstUse::new(|| builder().build_v1().expect(BUILDS))
}

/// The reflection service, as older tools ask for it.
pub(crate) fn v1alpha() -> OnFirstUse<
    pb::v1alpha::server_reflection_server::ServerReflectionServer<
        impl pb::v1alpha::server_reflection_server::ServerReflection,
    >,
> {
    OnFirstUse::new(|| builder().build_v1alpha().expect(BUILDS))
}

/// Nothing but the descriptors goes into them, and those are part of the program.
const BUILDS: &str = "the descriptors of the protocol are complete";

fn builder() -> server::Builder<'static> {
    server::Builder::configure().register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
}

/// A service that is made when the first request for it comes.
#[derive(Debug)]
pub(crate) struct OnFirstUse<S> {
    make: fn() -> S,
    made: Arc<OnceLock<S>>,
}

impl<S> OnFirstUse<S> {
    fn new(make: fn() -> S) -> Self {
        Self {
            make,
            made: Arc::default(),
        }
    }
}

impl<S> Clone for OnFirstUse<S> {
    fn clone(&self) -> Self {
        Self {
            make: self.make,
            made: Arc::clone(&self.made),
        }
    }
}

impl<S: NamedService> NamedService for OnFirstUse<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for OnFirstUse<S>
where
    S: Service<http::Request<Body>, Error = Infallible> + Clone,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    /// Always: services of tonic have room for every request.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> S::Future {
        let mut service = self.made.get_or_init(self.make).clone();
        service.call(request)
    }
}
