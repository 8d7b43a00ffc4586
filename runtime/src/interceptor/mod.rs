//! Code around calls: for tracing, authorization, context that travels along.
//!
//! One [`Interceptor`] sees a call on its whole way: where a client makes it, where a workflow or an activity of the
//! client's workers receives it, and where the workflow calls something else. What it needs on the other side it puts
//! into the call's [`Headers`].

mod chain;
mod client;
mod workflow;

use std::collections::BTreeMap;

use crate::activity::{ActivityInfo, BoxFuture};
use crate::client::ClientError;
use crate::converter::Payload;
use crate::error::{ActivityError, WorkflowError};
use crate::workflow::WorkflowInfo;

pub(crate) use chain::Interceptors;
pub use client::{ClientCall, ClientNext};
pub use workflow::{CallingWorkflow, Message, WorkflowCall, WorkflowInput, WorkflowOutcome};

/// What travels beside the arguments of a call, from the caller's interceptors to those of the code that is called.
pub type Headers = BTreeMap<String, Payload>;

/// The code of an activity, not yet run.
pub type ActivityBody = BoxFuture<'static, Result<Payload, ActivityError>>;

/// The code of a workflow's run method, or of one of its signal or update handlers, not yet run.
pub type WorkflowBody = BoxFuture<'static, Result<Payload, WorkflowError>>;

/// The code of a query or of an update's validator, not yet run.
pub type ReadOnlyBody<'a, T> = Box<dyn FnOnce() -> Result<T, WorkflowError> + 'a>;

/// Code around the calls of a client, and around the workflows and activities of the workers made from it. Each method
/// does nothing unless it is written.
///
/// The first interceptor is the outermost.
///
/// What is written for workflows is part of their code: it must do the same on every replay, and must not await anything
/// that is not durable. The functions of [`workflow`](mod@crate::workflow) work in it, but for
/// [`workflow_call`](Self::workflow_call) and [`workflow_outcome`](Self::workflow_outcome), which are told what they may
/// need.
///
/// ```
/// use mainspring::interceptor::{ClientCall, ClientNext, Headers, Interceptor};
/// use mainspring::client::ClientError;
/// use std::{future::Future, pin::Pin};
///
/// /// Logs what a client does.
/// struct Log;
///
/// impl Interceptor for Log {
///     fn client_call<'a>(
///         &'a self,
///         call: &'a ClientCall<'a>,
///         headers: Headers,
///         next: ClientNext<'a>,
///     ) -> Pin<Box<dyn Future<Output = Result<(), ClientError>> + Send + 'a>> {
///         Box::pin(async move {
///             let outcome = next.send(headers).await;
///             println!("{call:?}: {outcome:?}");
///             outcome
///         })
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// Around a call of a client. Headers can be added before it is sent with `next`; or it is not sent, and
    /// [`ClientError::Interceptor`] says why.
    fn client_call<'a>(
        &'a self,
        call: &'a ClientCall<'a>,
        headers: Headers,
        next: ClientNext<'a>,
    ) -> BoxFuture<'a, Result<(), ClientError>> {
        let _ = call;
        next.send(headers)
    }

    /// Before workflow code calls something: headers can be added, and arguments changed.
    ///
    /// Together with [`workflow_outcome`](Self::workflow_outcome) this is around the call. It is two methods because the
    /// call is made where it is written, and its outcome learned where it is awaited, if it is.
    fn workflow_call(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        input: &mut WorkflowInput,
    ) {
        let _ = (from, call, input);
    }

    /// Before workflow code learns what has come of an activity, a local activity, or a child workflow that it has called:
    /// the outcome can be looked at, and changed. The innermost interceptor sees it first.
    fn workflow_outcome(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        outcome: &mut WorkflowOutcome,
    ) {
        let _ = (from, call, outcome);
    }

    /// Around the run method of a workflow.
    fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        let _ = info;
        body
    }

    /// Around the handler of a signal; around what keeps it for [`workflow::signals`](crate::workflow::signals), if it has
    /// none.
    fn signal(
        &self,
        info: &WorkflowInfo,
        signal: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        let _ = (info, signal);
        body
    }

    /// Around the handler of an update.
    fn update(
        &self,
        info: &WorkflowInfo,
        update: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        let _ = (info, update);
        body
    }

    /// Around the validator of an update, whether it has one or not. It does not run on replay.
    ///
    /// # Errors
    /// With one, the update is rejected.
    fn validate(
        &self,
        info: &WorkflowInfo,
        update: &Message<'_>,
        body: ReadOnlyBody<'_, ()>,
    ) -> Result<(), WorkflowError> {
        let _ = (info, update);
        body()
    }

    /// Around the handler of a query.
    ///
    /// # Errors
    /// With one, the query is not answered.
    fn query(
        &self,
        info: &WorkflowInfo,
        query: &Message<'_>,
        body: ReadOnlyBody<'_, Payload>,
    ) -> Result<Payload, WorkflowError> {
        let _ = (info, query);
        body()
    }

    /// Around the code of an activity, of whatever kind: that of a blocking one runs on a thread of its own while its
    /// body is polled here.
    fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        let _ = info;
        body
    }

    /// Before an activity reports progress: the details can be changed.
    fn heartbeat(&self, info: &ActivityInfo, details: &mut Vec<Payload>) {
        let _ = (info, details);
    }
}
