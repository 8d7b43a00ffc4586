//! What a parent learns of its children.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::StartChildWorkflowExecutionFailedCause,
    history::v1::{
        ChildWorkflowExecutionCanceledEventAttributes,
        ChildWorkflowExecutionCompletedEventAttributes,
        ChildWorkflowExecutionFailedEventAttributes, ChildWorkflowExecutionStartedEventAttributes,
        ChildWorkflowExecutionTerminatedEventAttributes,
        ChildWorkflowExecutionTimedOutEventAttributes,
        StartChildWorkflowExecutionFailedEventAttributes, history_event::Attributes,
    },
};

use crate::history::{
    change::Change,
    event::Event,
    external::Child,
    ids::EventId,
    rejection::Rejection,
    transition::{Draft, Request},
};

/// The child was started.
#[derive(Clone, Debug)]
pub struct ChildStarted {
    /// The parent's initiated event.
    pub initiated_event_id: EventId,
    /// The child's run.
    pub run_id: String,
}

impl Request for ChildStarted {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let child = pending(draft, self.initiated_event_id)?;
        if child.is_started() {
            return Ok(());
        }
        let it = child.attributes();
        draft.event(Attributes::ChildWorkflowExecutionStartedEventAttributes(
            Box::new(ChildWorkflowExecutionStartedEventAttributes {
                namespace: it.namespace.clone(),
                namespace_id: it.namespace_id.clone(),
                initiated_event_id: self.initiated_event_id,
                workflow_execution: Some(WorkflowExecution {
                    workflow_id: it.workflow_id.clone(),
                    run_id: self.run_id,
                }),
                workflow_type: it.workflow_type.clone(),
                header: it.header.clone(),
            }),
        ));
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}

/// The child could not be started.
#[derive(Clone, Copy, Debug)]
pub struct ChildStartFailed {
    /// The parent's initiated event.
    pub initiated_event_id: EventId,
    /// Why.
    pub cause: StartChildWorkflowExecutionFailedCause,
}

impl Request for ChildStartFailed {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let child = pending(draft, self.initiated_event_id)?;
        if child.is_started() {
            return Ok(());
        }
        let it = child.attributes();
        draft.event(
            Attributes::StartChildWorkflowExecutionFailedEventAttributes(Box::new(
                StartChildWorkflowExecutionFailedEventAttributes {
                    namespace: it.namespace.clone(),
                    namespace_id: it.namespace_id.clone(),
                    workflow_id: it.workflow_id.clone(),
                    workflow_type: it.workflow_type.clone(),
                    cause: self.cause.into(),
                    control: it.control.clone(),
                    initiated_event_id: self.initiated_event_id,
                    ..StartChildWorkflowExecutionFailedEventAttributes::default()
                },
            )),
        );
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}

/// The child's chain of runs came to an end.
#[derive(Clone, Debug)]
pub struct ChildClosed {
    /// The parent's initiated event.
    pub initiated_event_id: EventId,
    /// The child's last run.
    pub execution: WorkflowExecution,
    /// The type of the child's last run.
    pub workflow_type: String,
    /// The event that ended it.
    pub event: Arc<Event>,
}

impl Request for ChildClosed {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let child = pending(draft, self.initiated_event_id)?;
        if !child.is_started() {
            // It ended before its start was recorded; the start is recorded first, then this.
            return Err(Rejection::FailedPrecondition(
                "the child's start is not recorded yet".to_owned(),
            ));
        }
        draft.event(self.attributes(&child));
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}

impl ChildClosed {
    fn attributes(self, child: &Child) -> Attributes {
        use Attributes::*;
        let it = child.attributes();
        let namespace = it.namespace.clone();
        let namespace_id = it.namespace_id.clone();
        let workflow_execution = Some(self.execution);
        let workflow_type = Some(WorkflowType {
            name: self.workflow_type,
        });
        let initiated_event_id = self.initiated_event_id;
        let started_event_id = child.started_event_id;
        match self.event.attributes() {
            Some(WorkflowExecutionCompletedEventAttributes(closed)) => {
                ChildWorkflowExecutionCompletedEventAttributes(Box::new(
                    self::ChildWorkflowExecutionCompletedEventAttributes {
                        result: closed.result.clone(),
                        namespace,
                        namespace_id,
                        workflow_execution,
                        workflow_type,
                        initiated_event_id,
                        started_event_id,
                    },
                ))
            }
            Some(WorkflowExecutionFailedEventAttributes(closed)) => {
                ChildWorkflowExecutionFailedEventAttributes(Box::new(
                    self::ChildWorkflowExecutionFailedEventAttributes {
                        failure: closed.failure.clone(),
                        namespace,
                        namespace_id,
                        workflow_execution,
                        workflow_type,
                        initiated_event_id,
                        started_event_id,
                        retry_state: closed.retry_state,
                    },
                ))
            }
            Some(WorkflowExecutionCanceledEventAttributes(closed)) => {
                ChildWorkflowExecutionCanceledEventAttributes(Box::new(
                    self::ChildWorkflowExecutionCanceledEventAttributes {
                        details: closed.details.clone(),
                        namespace,
                        namespace_id,
                        workflow_execution,
                        workflow_type,
                        initiated_event_id,
                        started_event_id,
                    },
                ))
            }
            Some(WorkflowExecutionTimedOutEventAttributes(closed)) => {
                ChildWorkflowExecutionTimedOutEventAttributes(Box::new(
                    self::ChildWorkflowExecutionTimedOutEventAttributes {
                        namespace,
                        namespace_id,
                        workflow_execution,
                        workflow_type,
                        initiated_event_id,
                        started_event_id,
                        retry_state: closed.retry_state,
                    },
                ))
            }
            _ => ChildWorkflowExecutionTerminatedEventAttributes(Box::new(
                self::ChildWorkflowExecutionTerminatedEventAttributes {
                    namespace,
                    namespace_id,
                    workflow_execution,
                    workflow_type,
                    initiated_event_id,
                    started_event_id,
                },
            )),
        }
    }
}

fn pending(draft: &Draft<'_>, initiated_event_id: EventId) -> Result<Arc<Child>, Rejection> {
    if !draft.state().is_open() {
        return Err(Rejection::WorkflowClosed);
    }
    let child = draft.state().children.get(&initiated_event_id);
    child
        .cloned()
        .ok_or_else(|| Rejection::NotFound("the child is not pending".to_owned()))
}

/// The parent knows of its child, whose first workflow task may go.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseFirstTask;

impl Request for ReleaseFirstTask {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if draft.state().is_open()
            && draft.state().first_task == crate::history::state::FirstTask::Withheld
        {
            draft.schedule_first_workflow_task();
        }
        Ok(())
    }
}

/// Parent and children were told that the run has ended.
#[derive(Clone, Copy, Debug)]
pub struct CloseAnnounced;

impl Request for CloseAnnounced {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if draft
            .state()
            .close
            .as_ref()
            .is_some_and(|close| close.unannounced)
        {
            draft.change(Change::CloseAnnounced);
        }
        Ok(())
    }
}
