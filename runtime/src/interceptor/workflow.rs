//! What workflows call, and what is called of them.

use std::time::SystemTime;

use mainspring_proto::common::v1 as common;

use super::Headers;
use crate::converter::{EncodedValues, Payload};
use crate::error::Failure;
use crate::workflow::WorkflowInfo;

/// The run whose code calls something.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallingWorkflow<'a> {
    /// What is known of it.
    pub info: &'a WorkflowInfo,
    /// Its time, the same on every replay.
    pub now: SystemTime,
    /// Whether the code runs again over recorded history, so that nothing is sent.
    pub is_replaying: bool,
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
        /// Its id.
        workflow_id: &'a str,
    },
    /// A signal to another workflow.
    Signal {
        /// The signal's name.
        name: &'a str,
        /// The workflow's id.
        workflow_id: &'a str,
        /// Whether the other workflow is a child of this one.
        to_child: bool,
    },
    /// A request to cancel another workflow. Headers do not travel with it.
    Cancel {
        /// The workflow's id.
        workflow_id: &'a str,
    },
    /// A timer. Headers do not travel with it.
    Timer {
        /// How long it runs.
        duration: std::time::Duration,
    },
    /// A new run in place of this one.
    ContinueAsNew,
}

/// What workflow code sends with a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkflowInput {
    /// What travels beside the arguments; nothing travels with timers and requests to cancel.
    pub headers: Headers,
    /// The arguments; none of timers and requests to cancel.
    pub args: Vec<Payload>,
}

impl WorkflowInput {
    /// As commands carry it.
    pub(crate) fn into_message(self) -> (Option<common::Header>, Option<common::Payloads>) {
        let fields = self.headers;
        let header = (!fields.is_empty()).then_some(common::Header { fields });
        (header, EncodedValues::new(self.args).into_proto())
    }
}

/// What workflow code learns of a call: the value that was returned, or the failure as the server recorded it, around
/// its cause.
pub type WorkflowOutcome = Result<Payload, Failure>;

/// A signal, query or update as a workflow gets it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Message<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its id, if it is an update; empty otherwise.
    pub id: &'a str,
    /// Its arguments.
    pub input: &'a [Payload],
    /// What travelled beside them.
    pub headers: &'a Headers,
}
