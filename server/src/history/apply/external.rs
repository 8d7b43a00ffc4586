//! Timers, children, and what is sent to other workflows.

use std::sync::Arc;

use mainspring_proto::history::v1::{
    ChildWorkflowExecutionStartedEventAttributes, TimerStartedEventAttributes,
};

use crate::history::{
    deadline::{Deadline, Due},
    event::Event,
    external::{Child, ExternalCancel, ExternalSignal},
    ids::EventId,
    state::{MutableState, UserTimer},
    time::duration,
};

pub(super) fn timer_started(
    state: &mut MutableState,
    event: &Event,
    it: &TimerStartedEventAttributes,
) {
    let id: Arc<str> = it.timer_id.as_str().into();
    let timer = UserTimer {
        started_event_id: event.id(),
        fires_at: event.time().after(duration(&it.start_to_fire_timeout)),
    };
    state.deadlines.insert_mut(Deadline {
        at: timer.fires_at,
        what: Due::Timer(Arc::clone(&id)),
    });
    state.timers.insert_mut(id, timer);
}

pub(super) fn timer_closed(state: &mut MutableState, timer_id: &str) {
    let Some((id, timer)) = state.timers.get_key_value(timer_id) else {
        return;
    };
    state.deadlines.remove_mut(&Deadline {
        at: timer.fires_at,
        what: Due::Timer(Arc::clone(id)),
    });
    state.timers.remove_mut(timer_id);
}

pub(super) fn child_initiated(state: &mut MutableState, event: &Arc<Event>) {
    let child = Child {
        initiated: Arc::clone(event),
        started_event_id: 0,
        run_id: "".into(),
    };
    state.children.insert_mut(event.id(), Arc::new(child));
}

pub(super) fn child_started(
    state: &mut MutableState,
    event: &Event,
    it: &ChildWorkflowExecutionStartedEventAttributes,
) {
    if let Some(child) = state.children.get_mut(&it.initiated_event_id) {
        let child = Arc::make_mut(child);
        child.started_event_id = event.id();
        let execution = it.workflow_execution.as_ref();
        child.run_id = execution.map_or("", |execution| &execution.run_id).into();
    }
}

pub(super) fn child_closed(state: &mut MutableState, initiated_event_id: EventId) {
    state.children.remove_mut(&initiated_event_id);
}

pub(super) fn signal_initiated(state: &mut MutableState, event: &Arc<Event>) {
    let signal = ExternalSignal {
        initiated: Arc::clone(event),
    };
    state
        .external_signals
        .insert_mut(event.id(), Arc::new(signal));
}

pub(super) fn cancel_initiated(state: &mut MutableState, event: &Arc<Event>) {
    let cancel = ExternalCancel {
        initiated: Arc::clone(event),
    };
    state
        .external_cancels
        .insert_mut(event.id(), Arc::new(cancel));
}
