//! A worker could not complete its workflow task.

use mainspring_proto::enums::v1::WorkflowTaskFailedCause;

use crate::history::{
    ids::EventId,
    rejection::Rejection,
    state::MutableState,
    time::Time,
    transition::{Draft, Request},
    workflow_task::WorkflowTask,
};

use super::{close::Ending, workflow_task::WorkflowTaskFailure};

/// Which hand-out of a workflow task a worker answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkflowTaskRef {
    /// The scheduled event.
    pub scheduled_event_id: EventId,
    /// The started event.
    pub started_event_id: EventId,
    /// The attempt.
    pub attempt: i32,
    /// When it was started; tells apart attempts that were never written.
    pub started_time: Time,
}

impl WorkflowTaskRef {
    /// The task, if it is still the one that was handed out.
    ///
    /// # Errors
    /// [`Rejection::WorkflowTaskNotFound`] if it is over.
    pub fn find(self, state: &MutableState) -> Result<&WorkflowTask, Rejection> {
        state
            .workflow_task
            .as_ref()
            .filter(|task| {
                task.is_started()
                    && task.scheduled_event_id == self.scheduled_event_id
                    && task.started_event_id == self.started_event_id
                    && task.attempt == self.attempt
                    && task.started_time == self.started_time
            })
            .ok_or(Rejection::WorkflowTaskNotFound)
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct FailWorkflowTask {
    /// Which hand-out failed.
    pub task: WorkflowTaskRef,
    /// Why.
    pub failure: WorkflowTaskFailure,
}

impl Request for FailWorkflowTask {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if !draft.state().is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        self.task.find(draft.state())?;
        if self.failure.cause == i32::from(WorkflowTaskFailedCause::GrpcMessageTooLarge) {
            draft.end(Ending::terminated(
                "GrpcMessageTooLarge",
                "history-service",
                None,
            ));
            return Ok(());
        }
        draft.fail_workflow_task(self.failure);
        Ok(())
    }
}
