//! What the shell must do once a transition is durable. Every task can be derived again from the
//! state, so none is stored.

use mainspring_proto::{failure::v1::Failure, update::v1::Outcome};

use super::{
    ids::EventId,
    state::{FirstTask, MutableState},
    update::UpdateStage,
};

/// Work for the shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Offer the run's workflow task to its queue.
    DispatchWorkflowTask,
    /// Offer the activity to its queue.
    DispatchActivity(EventId),
    /// Start the child that this event announced.
    StartChild(EventId),
    /// Let the child's first workflow task go, if its parent knows of it by now.
    ReleaseFirstTask,
    /// Send the signal that this event announced.
    SignalExternal(EventId),
    /// Send the cancel request that this event announced.
    CancelExternal(EventId),
    /// Tell the parent, and do to the children what their policies say.
    AnnounceClose,
    /// Bring the visibility record up to date.
    Visibility,
    /// Tell whoever waits for this update.
    Update(UpdateNotice),
}

/// News of an update that the state itself may not keep.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateNotice {
    /// Which update.
    pub update_id: String,
    /// What happened to it.
    pub news: UpdateNews,
}

/// What happened to an update.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateNews {
    /// It passed the validator.
    Accepted,
    /// It has an outcome.
    Completed(Box<Outcome>),
    /// The validator refused it.
    Rejected(Box<Failure>),
    /// The run ended before it was accepted.
    Aborted,
    /// The workflow task that carried it was refused, and it goes no further.
    TaskFailed,
    /// The run continues in another one, which the update should be sent to.
    Moved,
}

/// The tasks that a run in this state is owed.
pub fn pending_tasks(state: &MutableState) -> Vec<Task> {
    let mut tasks = Vec::new();
    if let Some(close) = &state.close {
        if close.unannounced {
            tasks.push(Task::AnnounceClose);
        }
        return tasks;
    }
    if state.first_task == FirstTask::Withheld {
        tasks.push(Task::ReleaseFirstTask);
    }
    if state
        .workflow_task
        .as_ref()
        .is_some_and(|task| !task.is_started())
    {
        tasks.push(Task::DispatchWorkflowTask);
    }
    for (id, activity) in &state.activities {
        if activity.is_queued() {
            tasks.push(Task::DispatchActivity(*id));
        }
    }
    let unstarted = state
        .children
        .iter()
        .filter(|(_, child)| !child.is_started());
    tasks.extend(unstarted.map(|(id, _)| Task::StartChild(*id)));
    tasks.extend(
        state
            .external_signals
            .keys()
            .map(|id| Task::SignalExternal(*id)),
    );
    tasks.extend(
        state
            .external_cancels
            .keys()
            .map(|id| Task::CancelExternal(*id)),
    );
    tasks
}

impl UpdateNews {
    /// What the stage says by itself.
    pub fn of(stage: &UpdateStage) -> Option<Self> {
        match stage {
            UpdateStage::Admitted | UpdateStage::Sent => None,
            UpdateStage::Accepted(_) => Some(Self::Accepted),
            UpdateStage::Completed(outcome) => Some(Self::Completed(Box::new((**outcome).clone()))),
        }
    }
}
