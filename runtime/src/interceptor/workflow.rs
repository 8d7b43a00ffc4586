//! What workflows call, and what is called of them.

use std::time::SystemTime;

use super::Headers;
use crate::converter::Payload;
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
