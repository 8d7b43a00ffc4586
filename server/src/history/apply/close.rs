//! A run ends.

use std::sync::Arc;

use mainspring_proto::{
    enums::v1::WorkflowExecutionStatus, history::v1::history_event::Attributes,
};

use crate::history::{
    event::Event,
    state::{Close, FirstTask, MutableState},
    update::UpdateStage,
};

pub(super) fn closed(state: &mut MutableState, event: &Arc<Event>) {
    use Attributes::*;
    let (status, new_run_id) = match event.attributes() {
        Some(WorkflowExecutionCompletedEventAttributes(it)) => (
            WorkflowExecutionStatus::Completed,
            it.new_execution_run_id.as_str(),
        ),
        Some(WorkflowExecutionFailedEventAttributes(it)) => (
            WorkflowExecutionStatus::Failed,
            it.new_execution_run_id.as_str(),
        ),
        Some(WorkflowExecutionTimedOutEventAttributes(it)) => (
            WorkflowExecutionStatus::TimedOut,
            it.new_execution_run_id.as_str(),
        ),
        Some(WorkflowExecutionContinuedAsNewEventAttributes(it)) => (
            WorkflowExecutionStatus::ContinuedAsNew,
            it.new_execution_run_id.as_str(),
        ),
        Some(WorkflowExecutionCanceledEventAttributes(_)) => {
            (WorkflowExecutionStatus::Canceled, "")
        }
        _ => (WorkflowExecutionStatus::Terminated, ""),
    };
    state.status = status;
    let has_parent = state.started.parent_workflow_execution.is_some();
    // A run that goes on in another one tells nobody: its parent waits for the end of the chain.
    let unannounced = new_run_id.is_empty() && (has_parent || !state.children.is_empty());
    state.close = Some(Close {
        event: Arc::clone(event),
        new_run_id: (!new_run_id.is_empty()).then(|| new_run_id.into()),
        unannounced,
    });
    if !unannounced {
        state.children = Default::default();
    }
    state.workflow_task = None;
    state.first_task = FirstTask::Scheduled;
    state.sticky = None;
    state.activities = Default::default();
    state.activity_ids = Default::default();
    state.timers = Default::default();
    state.external_signals = Default::default();
    state.external_cancels = Default::default();
    state.buffered.clear();
    state.deadlines = Default::default();
    let waiting: Vec<_> = state
        .updates
        .iter()
        .filter(|(_, it)| matches!(it.stage, UpdateStage::Admitted | UpdateStage::Sent))
        .map(|(id, _)| Arc::clone(id))
        .collect();
    for id in waiting {
        state.updates.remove_mut(&id);
    }
}

pub(super) fn announced(state: &mut MutableState) {
    if let Some(close) = &mut state.close {
        close.unannounced = false;
    }
    state.children = Default::default();
}
