//! Code around calls: for tracing, authorization, context that travels along.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::activity::{ActivityInfo, BoxFuture};
use crate::converter::Payload;
use crate::error::{ActivityError, WorkflowError};
use crate::workflow::WorkflowInfo;

/// What travels beside the arguments of a call, from the caller's interceptors to those of the code that is called.
pub type Headers = BTreeMap<String, Payload>;

/// The code of an activity, not yet run.
pub type ActivityBody = BoxFuture<'static, Result<Payload, ActivityError>>;

/// The code of a workflow's run method, not yet run.
pub type WorkflowBody = BoxFuture<'static, Result<Payload, WorkflowError>>;

/// Code around the calls of a client, and around the workflows and activities of the workers made from it. Each method
/// does nothing unless it is written.
///
/// The first interceptor is the outermost.
pub trait Interceptor: Send + Sync + 'static {
    /// Before a client sends a call: headers can be added.
    fn client_call(&self, call: &ClientCall<'_>, headers: &mut Headers) {
        let _ = (call, headers);
    }

    /// Before workflow code calls something: headers can be added. It is part of the workflow's code, so that it must do
    /// the same on every replay.
    fn workflow_call(&self, info: &WorkflowInfo, call: &WorkflowCall<'_>, headers: &mut Headers) {
        let _ = (info, call, headers);
    }

    /// Around the run method of a workflow. It is part of the workflow's code, so that it must do the same on every
    /// replay, and must not await anything that is not durable.
    fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        let _ = info;
        body
    }

    /// Around the code of an asynchronous activity.
    fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        let _ = info;
        body
    }
}

/// What a client calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCall<'a> {
    /// The start of a workflow.
    Start {
        /// Its type.
        workflow_type: &'a str,
        /// Its id.
        workflow_id: &'a str,
    },
    /// A signal.
    Signal {
        /// The signal's name.
        name: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// A query.
    Query {
        /// The query's name.
        name: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// An update.
    Update {
        /// The update's name.
        name: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
}

/// What workflow code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkflowCall<'a> {
    /// An activity.
    Activity {
        /// Its type.
        activity_type: &'a str,
    },
    /// A local activity.
    LocalActivity {
        /// Its type.
        activity_type: &'a str,
    },
    /// A child workflow.
    Child {
        /// Its type.
        workflow_type: &'a str,
    },
    /// A signal to another workflow.
    Signal {
        /// The signal's name.
        name: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// A new run in place of this one.
    ContinueAsNew,
}

/// The interceptors of a client and its workers.
#[derive(Clone, Default)]
pub(crate) struct Interceptors(Vec<Arc<dyn Interceptor>>);

impl Interceptors {
    pub(crate) fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    pub(crate) fn client_call(&self, call: &ClientCall<'_>, headers: &mut Headers) {
        for interceptor in &self.0 {
            interceptor.client_call(call, headers);
        }
    }

    pub(crate) fn workflow_call(
        &self,
        info: &WorkflowInfo,
        call: &WorkflowCall<'_>,
        headers: &mut Headers,
    ) {
        for interceptor in &self.0 {
            interceptor.workflow_call(info, call, headers);
        }
    }

    pub(crate) fn workflow(&self, info: &WorkflowInfo, body: WorkflowBody) -> WorkflowBody {
        let inside_out = self.0.iter().rev();
        inside_out.fold(body, |body, interceptor| interceptor.workflow(info, body))
    }

    pub(crate) fn activity(&self, info: &ActivityInfo, body: ActivityBody) -> ActivityBody {
        let inside_out = self.0.iter().rev();
        inside_out.fold(body, |body, interceptor| interceptor.activity(info, body))
    }
}

impl std::fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} interceptors", self.0.len())
    }
}
