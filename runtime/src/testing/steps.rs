//! What a test does to a workflow, one step after the other.

use std::sync::{Arc, Mutex, Weak};

use mainspring_server::{RunningServer, TimeControl};

use super::env::{lock, time_in};
use crate::activity::BoxFuture;
use crate::client::ClientError;
use crate::interceptor::{ClientCall, ClientNext, Headers, Interceptor};

/// Lets a signal, or a request to cancel, return when the workflow has done what comes of it: then it is a step of the
/// test, as an update, a query and the passing of time are by themselves.
pub(super) struct Steps {
    server: Weak<Mutex<Option<RunningServer>>>,
    namespace: String,
}

impl Steps {
    pub(super) fn of(server: &Arc<Mutex<Option<RunningServer>>>, namespace: &str) -> Self {
        Self {
            server: Arc::downgrade(server),
            namespace: namespace.to_owned(),
        }
    }

    /// Waits until nothing is at work.
    pub(super) async fn settle(&self) {
        if let Some(time) = self.time() {
            time.settle().await;
        }
    }

    /// The time of the environment; none while it has no server.
    pub(super) fn time(&self) -> Option<TimeControl> {
        let server = self.server.upgrade()?;
        time_in(&lock(&server), &self.namespace)
    }
}

impl Interceptor for Steps {
    fn client_call<'a>(
        &'a self,
        call: &'a ClientCall<'a>,
        headers: Headers,
        next: ClientNext<'a>,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        let is_step = matches!(
            call,
            ClientCall::Signal { .. }
                | ClientCall::SignalWithStart { .. }
                | ClientCall::Cancel { .. }
        );
        Box::pin(async move {
            next.send(headers).await?;
            if is_step {
                self.settle().await;
            }
            Ok(())
        })
    }
}
