//! What a run learns of its signals and cancel requests to other workflows.

use mainspring_proto::{
    enums::v1::{
        CancelExternalWorkflowExecutionFailedCause, SignalExternalWorkflowExecutionFailedCause,
    },
    history::v1::{
        ExternalWorkflowExecutionCancelRequestedEventAttributes,
        ExternalWorkflowExecutionSignaledEventAttributes,
        RequestCancelExternalWorkflowExecutionFailedEventAttributes,
        SignalExternalWorkflowExecutionFailedEventAttributes, history_event::Attributes,
    },
};

use crate::history::{
    ids::EventId,
    rejection::Rejection,
    transition::{Draft, Request},
};

/// A signal arrived, or could not be delivered.
#[derive(Clone, Copy, Debug)]
pub struct SignalDelivered {
    /// The initiated event.
    pub initiated_event_id: EventId,
    /// Why it could not be delivered, if it could not.
    pub failed: Option<SignalExternalWorkflowExecutionFailedCause>,
}

impl Request for SignalDelivered {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let Some(signal) = draft
            .state()
            .external_signals
            .get(&self.initiated_event_id)
            .cloned()
        else {
            return Err(Rejection::NotFound(
                "the signal is not under way".to_owned(),
            ));
        };
        let it = signal.attributes();
        draft.event(match self.failed {
            None => Attributes::ExternalWorkflowExecutionSignaledEventAttributes(Box::new(
                ExternalWorkflowExecutionSignaledEventAttributes {
                    initiated_event_id: self.initiated_event_id,
                    namespace: it.namespace.clone(),
                    namespace_id: it.namespace_id.clone(),
                    workflow_execution: it.workflow_execution.clone(),
                    control: it.control.clone(),
                },
            )),
            Some(cause) => Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(
                Box::new(SignalExternalWorkflowExecutionFailedEventAttributes {
                    cause: cause.into(),
                    namespace: it.namespace.clone(),
                    namespace_id: it.namespace_id.clone(),
                    workflow_execution: it.workflow_execution.clone(),
                    initiated_event_id: self.initiated_event_id,
                    control: it.control.clone(),
                    ..SignalExternalWorkflowExecutionFailedEventAttributes::default()
                }),
            ),
        });
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}

/// A cancel request arrived, or could not be delivered.
#[derive(Clone, Copy, Debug)]
pub struct CancelDelivered {
    /// The initiated event.
    pub initiated_event_id: EventId,
    /// Why it could not be delivered, if it could not.
    pub failed: Option<CancelExternalWorkflowExecutionFailedCause>,
}

impl Request for CancelDelivered {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let Some(cancel) = draft
            .state()
            .external_cancels
            .get(&self.initiated_event_id)
            .cloned()
        else {
            return Err(Rejection::NotFound(
                "the cancel request is not under way".to_owned(),
            ));
        };
        let it = cancel.attributes();
        draft.event(match self.failed {
            None => Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(Box::new(
                ExternalWorkflowExecutionCancelRequestedEventAttributes {
                    initiated_event_id: self.initiated_event_id,
                    namespace: it.namespace.clone(),
                    namespace_id: it.namespace_id.clone(),
                    workflow_execution: it.workflow_execution.clone(),
                },
            )),
            Some(cause) => {
                Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(Box::new(
                    RequestCancelExternalWorkflowExecutionFailedEventAttributes {
                        cause: cause.into(),
                        namespace: it.namespace.clone(),
                        namespace_id: it.namespace_id.clone(),
                        workflow_execution: it.workflow_execution.clone(),
                        initiated_event_id: self.initiated_event_id,
                        ..RequestCancelExternalWorkflowExecutionFailedEventAttributes::default()
                    },
                ))
            }
        });
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}
