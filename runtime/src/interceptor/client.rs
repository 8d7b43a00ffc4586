//! The calls of clients.

use std::fmt;

use super::Headers;
use crate::activity::BoxFuture;
use crate::client::ClientError;

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
    /// A signal to a workflow that is started if it does not run. The headers are for both.
    SignalWithStart {
        /// The signal's name.
        name: &'a str,
        /// The workflow's type.
        workflow_type: &'a str,
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
        /// The update's id.
        update_id: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// An update of a workflow that is started if it does not run. The headers are for both.
    UpdateWithStart {
        /// The update's name.
        name: &'a str,
        /// The update's id.
        update_id: &'a str,
        /// The workflow's type.
        workflow_type: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// A request to cancel a workflow. Headers do not travel with it.
    Cancel {
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// The termination of a workflow. Headers do not travel with it.
    Terminate {
        /// The workflow's id.
        workflow_id: &'a str,
    },
}

/// The call, not yet sent.
#[must_use = "a call that is not sent does not succeed"]
pub struct ClientNext<'a>(pub(super) Box<Send<'a>>);

pub(super) type Send<'a> =
    dyn FnOnce(Headers) -> BoxFuture<'a, Result<(), ClientError>> + std::marker::Send + 'a;

impl<'a> ClientNext<'a> {
    /// Sends the call with these headers.
    pub fn send(self, headers: Headers) -> BoxFuture<'a, Result<(), ClientError>> {
        (self.0)(headers)
    }
}

impl fmt::Debug for ClientNext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientNext(..)")
    }
}
