//! The one function that changes mutable state.
//!
//! It is total: every change that was ever stored can be applied again. It reads nothing but its
//! arguments and refuses nothing; whether a change is *allowed* was decided before.

mod activity;
mod buffer;
mod close;
mod external;
pub(in crate::history) mod properties;
mod started;
mod update;
mod workflow_task;

use mainspring_proto::history::v1::history_event::Attributes;

use super::{change::Change, deadline::Deadline, event::Event, state::MutableState};
use std::sync::Arc;

/// Makes `change` part of `state`.
pub fn apply(state: &mut MutableState, change: &Change) {
    match change {
        Change::Created(it) => started::created(state, it),
        Change::Event(event) => {
            append(state, event);
            effect(state, event);
        }
        Change::Buffered(event) => {
            state.buffered.push(Arc::clone(event));
            effect(state, event);
        }
        Change::BufferedRemoved(it) => buffer::removed(state, it),
        Change::BufferTaken => state.buffered.clear(),
        Change::Flushed(event) => {
            append(state, event);
            buffer::flushed(state, event);
        }
        Change::WorkflowTaskScheduled(it) => workflow_task::scheduled(state, it),
        Change::WorkflowTaskStarted(it) => workflow_task::started(state, it),
        Change::WorkflowTaskClosed(it) => workflow_task::closed(state, it),
        Change::Sticky(it) => workflow_task::sticky(state, it),
        Change::ActivityStarted(it) => activity::started(state, it),
        Change::ActivityRetryScheduled(it) => activity::retry_scheduled(state, it),
        Change::ActivityDispatched(it) => activity::dispatched(state, it),
        Change::ActivityHeartbeat(it) => activity::heartbeat(state, it),
        Change::UpdateAdmitted(it) => update::admitted(state, it),
        Change::UpdateSent(it) => update::sent(state, it),
        Change::UpdateReturned(it) => update::returned(state, it),
        Change::UpdateRemoved(it) => update::removed(state, it),
        Change::CloseAnnounced => close::announced(state),
        Change::ProblemsReported(it) => properties::problems_reported(state, it),
        Change::ActivityPaused(it) => activity::paused(state, it),
        Change::ActivityUnpaused(it) => activity::unpaused(state, it),
        Change::ActivityReset(it) => activity::reset(state, it),
        Change::ActivityOptionsSet(it) => activity::options_set(state, it),
        Change::TimeoutsRenewed(it) => started::timeouts_renewed(state, it),
        Change::ResetTo(it) => state.reset_run_id = Some(it.run_id.as_str().into()),
    }
}

fn append(state: &mut MutableState, event: &Event) {
    state.next_event_id = event.id() + 1;
    state.history_size += event.encoded().len() as i64;
}

/// What an event means for the state, whether it has its place in the history yet or not.
fn effect(state: &mut MutableState, event: &Arc<Event>) {
    use Attributes::*;
    let Some(attributes) = event.attributes() else {
        return;
    };
    match attributes {
        WorkflowExecutionStartedEventAttributes(it) => started::started(state, event, it),
        WorkflowTaskCompletedEventAttributes(it) => workflow_task::completed(state, event, it),
        WorkflowExecutionSignaledEventAttributes(it) => properties::signaled(state, it),
        WorkflowExecutionCancelRequestedEventAttributes(_) => state.cancel_requested = true,
        WorkflowExecutionOptionsUpdatedEventAttributes(it) => {
            properties::options_updated(state, event, it);
        }
        UpsertWorkflowSearchAttributesEventAttributes(it) => {
            properties::search_attributes(state, it);
        }
        WorkflowPropertiesModifiedEventAttributes(it) => properties::memo(state, it),
        ActivityTaskScheduledEventAttributes(it) => activity::scheduled(state, event, it),
        ActivityTaskCancelRequestedEventAttributes(it) => {
            activity::cancel_requested(state, event, it.scheduled_event_id);
        }
        ActivityTaskCompletedEventAttributes(it) => activity::closed(state, it.scheduled_event_id),
        ActivityTaskFailedEventAttributes(it) => activity::closed(state, it.scheduled_event_id),
        ActivityTaskTimedOutEventAttributes(it) => activity::closed(state, it.scheduled_event_id),
        ActivityTaskCanceledEventAttributes(it) => activity::closed(state, it.scheduled_event_id),
        TimerStartedEventAttributes(it) => external::timer_started(state, event, it),
        TimerFiredEventAttributes(it) => external::timer_closed(state, &it.timer_id),
        TimerCanceledEventAttributes(it) => external::timer_closed(state, &it.timer_id),
        StartChildWorkflowExecutionInitiatedEventAttributes(_) => {
            external::child_initiated(state, event);
        }
        ChildWorkflowExecutionStartedEventAttributes(it) => {
            external::child_started(state, event, it);
        }
        StartChildWorkflowExecutionFailedEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        ChildWorkflowExecutionCompletedEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        ChildWorkflowExecutionFailedEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        ChildWorkflowExecutionCanceledEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        ChildWorkflowExecutionTimedOutEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        ChildWorkflowExecutionTerminatedEventAttributes(it) => {
            external::child_closed(state, it.initiated_event_id);
        }
        SignalExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            external::signal_initiated(state, event);
        }
        SignalExternalWorkflowExecutionFailedEventAttributes(it) => {
            state.external_signals.remove_mut(&it.initiated_event_id);
        }
        ExternalWorkflowExecutionSignaledEventAttributes(it) => {
            state.external_signals.remove_mut(&it.initiated_event_id);
        }
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            external::cancel_initiated(state, event);
        }
        RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
            state.external_cancels.remove_mut(&it.initiated_event_id);
        }
        ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => {
            state.external_cancels.remove_mut(&it.initiated_event_id);
        }
        WorkflowExecutionUpdateAdmittedEventAttributes(it) => {
            update::admitted_event(state, event, it);
        }
        WorkflowExecutionUpdateAcceptedEventAttributes(it) => update::accepted(state, event, it),
        WorkflowExecutionUpdateCompletedEventAttributes(it) => update::completed(state, it),
        _ if super::event::is_close(event.kind()) => close::closed(state, event),
        // Markers, and workflow task events: those speak through their own changes.
        _ => {}
    }
}

/// Exchanges one item's entry in the deadlines.
fn replace_deadline(state: &mut MutableState, old: Option<Deadline>, new: Option<Deadline>) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        state.deadlines.remove_mut(&old);
    }
    if let Some(new) = new {
        state.deadlines.insert_mut(new);
    }
}
