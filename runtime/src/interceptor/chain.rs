//! All interceptors of a client, one around the other.

use std::fmt;
use std::sync::Arc;

use super::client::Send;
use super::{
    ActivityBody, CallingWorkflow, ClientCall, ClientNext, Headers, Interceptor, Message,
    ReadOnlyBody, WorkflowBody, WorkflowCall, WorkflowInput, WorkflowOutcome,
};
use crate::activity::{ActivityInfo, BoxFuture};
use crate::client::ClientError;
use crate::converter::Payload;
use crate::error::WorkflowError;
use crate::workflow::WorkflowInfo;

/// The interceptors of a client and its workers, the outermost first.
#[derive(Clone, Default)]
pub(crate) struct Interceptors(Vec<Arc<dyn Interceptor>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes a client's call through all interceptors.
    pub(crate) async fn client_call<'a, T: std::marker::Send>(
        &self,
        call: &ClientCall<'_>,
        headers: Headers,
        send: impl FnOnce(Headers) -> BoxFuture<'a, Result<T, ClientError>> + std::marker::Send,
    ) -> Result<T, ClientError> {
        if self.0.is_empty() {
            return send(headers).await;
        }
        // Interceptors hear whether the call succeeded; what came of it takes this way past them.
        let mut reply = None;
        let innermost: Box<Send<'_>> = Box::new(|headers| {
            let sent = send(headers);
            Box::pin(async {
                reply = Some(sent.await?);
                Ok(())
            })
        });
        through(&self.0, call, headers, innermost).await?;
        reply.ok_or_else(|| {
            ClientError::Interceptor("an interceptor took a call for done that was not sent".into())
        })
    }

    pub(crate) fn workflow_call(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        input: &mut WorkflowInput,
    ) {
        for interceptor in &self.0 {
            interceptor.workflow_call(from, call, input);
        }
    }

    pub(crate) fn workflow_outcome(
        &self,
        from: &CallingWorkflow<'_>,
        call: &WorkflowCall<'_>,
        outcome: &mut WorkflowOutcome,
    ) {
        for interceptor in self.0.iter().rev() {
            interceptor.workflow_outcome(from, call, outcome);
        }
    }

    pub(crate) fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        self.inside_out(body, |it, body| it.workflow(info, body))
    }

    pub(crate) fn signal(
        &self,
        info: &WorkflowInfo,
        signal: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        self.inside_out(body, |it, body| it.signal(info, signal, body))
    }

    pub(crate) fn update(
        &self,
        info: &WorkflowInfo,
        update: &Message<'_>,
        body: WorkflowBody,
    ) -> WorkflowBody {
        self.inside_out(body, |it, body| it.update(info, update, body))
    }

    pub(crate) fn validate<'a>(
        &'a self,
        info: &'a WorkflowInfo,
        update: &'a Message<'a>,
        body: ReadOnlyBody<'a, ()>,
    ) -> Result<(), WorkflowError> {
        let body = self.inside_out(body, |it, body| {
            Box::new(move || it.validate(info, update, body))
        });
        body()
    }

    pub(crate) fn query<'a>(
        &'a self,
        info: &'a WorkflowInfo,
        query: &'a Message<'a>,
        body: ReadOnlyBody<'a, Payload>,
    ) -> Result<Payload, WorkflowError> {
        let body = self.inside_out(body, |it, body| {
            Box::new(move || it.query(info, query, body))
        });
        body()
    }

    pub(crate) fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        self.inside_out(body, |it, body| it.activity(info, body))
    }

    pub(crate) fn heartbeat(&self, info: &ActivityInfo, details: &mut Vec<Payload>) {
        for interceptor in &self.0 {
            interceptor.heartbeat(info, details);
        }
    }

    fn inside_out<'a, B>(&'a self, body: B, wrap: impl Fn(&'a dyn Interceptor, B) -> B) -> B {
        let inside_out = self.0.iter().rev();
        inside_out.fold(body, |body, interceptor| wrap(&**interceptor, body))
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} interceptors", self.0.len())
    }
}

fn through<'a>(
    interceptors: &'a [Arc<dyn Interceptor>],
    call: &'a ClientCall<'a>,
    headers: Headers,
    innermost: Box<Send<'a>>,
) -> BoxFuture<'a, Result<(), ClientError>> {
    let Some((outermost, rest)) = interceptors.split_first() else {
        return innermost(headers);
    };
    let next = move |headers| through(rest, call, headers, innermost);
    outermost.client_call(call, headers, ClientNext(Box::new(next)))
}
