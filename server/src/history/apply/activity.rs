//! Pending activities.

use std::sync::Arc;

use mainspring_proto::history::v1::ActivityTaskScheduledEventAttributes;

use crate::history::{
    activity::{Activity, ActivityStart, Heartbeat},
    change::{ActivityHeartbeat, ActivityRef, ActivityRetryScheduled, ActivityStarted},
    event::Event,
    ids::EventId,
    state::MutableState,
    time::Time,
};

use super::replace_deadline;

pub(super) fn scheduled(
    state: &mut MutableState,
    event: &Arc<Event>,
    it: &ActivityTaskScheduledEventAttributes,
) {
    let activity = Activity::new(Arc::clone(event));
    state.deadlines.extend(activity.deadline());
    state
        .activity_ids
        .insert(it.activity_id.as_str().into(), event.id());
    state.activities.insert(event.id(), Arc::new(activity));
}

pub(super) fn started(state: &mut MutableState, it: &ActivityStarted) {
    change(state, it.scheduled_event_id, |activity| {
        activity.start = Some(ActivityStart {
            time: Time::from_nanos(it.time),
            identity: it.identity.clone(),
            request_id: it.request_id.clone(),
        });
        activity.last_worker_identity = it.identity.clone();
    });
}

pub(super) fn retry_scheduled(state: &mut MutableState, it: &ActivityRetryScheduled) {
    change(state, it.scheduled_event_id, |activity| {
        activity.attempt = it.attempt;
        activity.stamp += 1;
        activity.attempt_scheduled_time = Time::from_nanos(it.at);
        activity.backing_off = true;
        activity.start = None;
        activity.last_attempt_complete_time = Time::from_nanos(it.ended);
        activity.last_failure = it.failure.clone();
    });
}

pub(super) fn dispatched(state: &mut MutableState, it: &ActivityRef) {
    change(state, it.scheduled_event_id, |activity| {
        activity.backing_off = false;
    });
}

pub(super) fn heartbeat(state: &mut MutableState, it: &ActivityHeartbeat) {
    change(state, it.scheduled_event_id, |activity| {
        activity.heartbeat = Some(Heartbeat {
            time: Time::from_nanos(it.time),
            details: it.details.clone(),
        });
    });
}

pub(super) fn cancel_requested(
    state: &mut MutableState,
    event: &Event,
    scheduled_event_id: EventId,
) {
    change(state, scheduled_event_id, |activity| {
        activity.cancel_requested_event_id = event.id();
    });
}

pub(super) fn closed(state: &mut MutableState, scheduled_event_id: EventId) {
    let Some(activity) = state.activities.remove(&scheduled_event_id) else {
        return;
    };
    state
        .activity_ids
        .remove(activity.attributes().activity_id.as_str());
    replace_deadline(state, activity.deadline(), None);
}

fn change(state: &mut MutableState, id: EventId, how: impl FnOnce(&mut Activity)) {
    let Some(slot) = state.activities.get_mut(&id) else {
        return;
    };
    let old = slot.deadline();
    how(Arc::make_mut(slot));
    let new = slot.deadline();
    replace_deadline(state, old, new);
}
