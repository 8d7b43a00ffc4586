//! What a test does to a workflow, one step after the other.

use mainspring_server::TimeControl;

use crate::activity::BoxFuture;
use crate::client::ClientError;
use crate::interceptor::{ClientCall, ClientNext, Headers, Interceptor};

/// Lets a signal, or a request to cancel, return when the workflow has done what comes of it: then it is a step of the
/// test, as an update, a query and the passing of time are by themselves.
pub(super) struct Steps {
    pub(super) time: Option<TimeControl>,
}

impl Steps {
    /// Waits until nothing is at work.
    async fn settle(&self) {
        if let Some(time) = &self.time {
            time.settle().await;
        }
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
