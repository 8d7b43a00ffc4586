//! A worker polled, and gets the run's workflow task.

use crate::history::{
    ids::EventId,
    rejection::Rejection,
    transition::{Draft, Request},
    worker::Worker,
};

use super::workflow_task::StartedWorkflowTask;

/// See the module.
#[derive(Clone, Debug)]
pub struct StartWorkflowTask {
    /// The task that was handed out by the queue.
    pub scheduled_event_id: EventId,
    /// The attempt that was handed out.
    pub attempt: i32,
    /// Who polled.
    pub worker: Worker,
    /// The poll.
    pub request_id: String,
}

impl Request for StartWorkflowTask {
    type Reply = StartedWorkflowTask;

    fn decide(self, draft: &mut Draft<'_>) -> Result<StartedWorkflowTask, Rejection> {
        let wanted = draft.state().workflow_task.as_ref().is_some_and(|task| {
            !task.is_started()
                && task.scheduled_event_id == self.scheduled_event_id
                && task.attempt == self.attempt
        });
        if !wanted {
            return Err(Rejection::StaleTask);
        }
        draft
            .start_workflow_task(&self.worker, &self.request_id)
            .ok_or(Rejection::StaleTask)
    }
}

/// The worker behind the sticky queue is gone: the waiting task goes to the normal queue.
#[derive(Clone, Copy, Debug)]
pub struct Unstick;

impl Request for Unstick {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if !draft.state().is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        draft.unstick();
        Ok(())
    }
}
