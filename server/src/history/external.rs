//! What a run does to other runs: children, and signals and cancel requests to any workflow.

use std::sync::Arc;

use mainspring_proto::history::v1::{
    RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
    SignalExternalWorkflowExecutionInitiatedEventAttributes,
    StartChildWorkflowExecutionInitiatedEventAttributes, history_event::Attributes,
};

use super::{event::Event, ids::EventId};

/// A child that is to be started, or runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its StartChildWorkflowExecutionInitiated event.
    pub initiated: Arc<Event>,
    /// Its ChildWorkflowExecutionStarted event; 0 until that has an id.
    pub started_event_id: EventId,
    /// The first run; empty until it is known to be started.
    pub run_id: Arc<str>,
}

impl Child {
    /// What it is to be started with.
    ///
    /// # Panics
    /// Never: a `Child` is only made from an initiated event.
    pub fn attributes(&self) -> &StartChildWorkflowExecutionInitiatedEventAttributes {
        match self.initiated.attributes() {
            Some(Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(it)) => it,
            other => unreachable!("a child was made from {other:?}"),
        }
    }

    /// Whether it is known to be started.
    pub fn is_started(&self) -> bool {
        !self.run_id.is_empty()
    }
}

/// A signal on its way to another workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalSignal {
    /// Its SignalExternalWorkflowExecutionInitiated event.
    pub initiated: Arc<Event>,
}

impl ExternalSignal {
    /// What is to be sent, and where.
    ///
    /// # Panics
    /// Never: it is only made from an initiated event.
    pub fn attributes(&self) -> &SignalExternalWorkflowExecutionInitiatedEventAttributes {
        match self.initiated.attributes() {
            Some(Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(it)) => it,
            other => unreachable!("an external signal was made from {other:?}"),
        }
    }
}

/// A cancel request on its way to another workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalCancel {
    /// Its RequestCancelExternalWorkflowExecutionInitiated event.
    pub initiated: Arc<Event>,
}

impl ExternalCancel {
    /// What is to be cancelled.
    ///
    /// # Panics
    /// Never: it is only made from an initiated event.
    pub fn attributes(&self) -> &RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
        match self.initiated.attributes() {
            Some(Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(
                it,
            )) => it,
            other => unreachable!("an external cancel request was made from {other:?}"),
        }
    }
}
