//! Somebody asks the workflow to cancel itself.

use mainspring_proto::{
    common::v1::{Link, WorkflowExecution},
    history::v1::{WorkflowExecutionCancelRequestedEventAttributes, history_event::Attributes},
};

use crate::history::{
    ids::EventId,
    rejection::Rejection,
    state::FirstTask,
    transition::{Draft, Extras, Request},
};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct RequestCancel {
    /// Who asks.
    pub identity: String,
    /// Why.
    pub reason: String,
    /// What it has to do with.
    pub links: Vec<Link>,
    /// The workflow that asks, and its initiated event, if a workflow does.
    pub external: Option<(WorkflowExecution, EventId)>,
}

impl Request for RequestCancel {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if !draft.state().is_open() || draft.state().cancel_requested {
            // Asking twice, or too late, is what a careful client does.
            return Ok(());
        }
        let (execution, initiated) = self.external.unzip();
        draft.event_with(
            Attributes::WorkflowExecutionCancelRequestedEventAttributes(Box::new(
                WorkflowExecutionCancelRequestedEventAttributes {
                    cause: self.reason,
                    external_initiated_event_id: initiated.unwrap_or_default(),
                    external_workflow_execution: execution,
                    identity: self.identity,
                },
            )),
            Extras {
                links: self.links,
                ..Extras::default()
            },
        );
        // There is nothing to wait for any more, be it a delay, a retry or a cron schedule.
        if let FirstTask::At(_) = draft.state().first_task {
            draft.schedule_first_workflow_task();
        }
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}
