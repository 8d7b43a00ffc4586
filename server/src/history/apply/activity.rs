//! Pending activities.

use std::sync::Arc;

use mainspring_proto::history::v1::ActivityTaskScheduledEventAttributes;

use crate::history::{
    activity::{self, Activity, ActivityPause, ActivityStart, Heartbeat},
    change::{
        ActivityHeartbeat, ActivityOptionsSet, ActivityPaused, ActivityRef, ActivityReset,
        ActivityRetryScheduled, ActivityStarted, ActivityUnpaused,
    },
    event::Event,
    ids::EventId,
    state::{MutableState, PAUSE_INFO},
    time::Time,
};

use super::{properties::set_keywords, replace_deadline};

pub(super) fn scheduled(
    state: &mut MutableState,
    event: &Arc<Event>,
    it: &ActivityTaskScheduledEventAttributes,
) {
    let activity = Activity::new(Arc::clone(event));
    replace_deadline(state, None, activity.deadline());
    state
        .activity_ids
        .insert_mut(it.activity_id.as_str().into(), event.id());
    state.activities.insert_mut(event.id(), Arc::new(activity));
}

pub(super) fn started(state: &mut MutableState, it: &ActivityStarted) {
    change(state, it.scheduled_event_id, |activity| {
        activity.start = Some(ActivityStart {
            time: Time::from_nanos(it.time),
            identity: it.identity.clone(),
            request_id: it.request_id.clone(),
            attempt: activity.attempt,
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
        if activity.reset.take().is_some_and(|it| it.forgets_heartbeat) {
            activity.heartbeat = None;
        }
    });
}

pub(super) fn paused(state: &mut MutableState, it: &ActivityPaused) {
    change(state, it.scheduled_event_id, |activity| {
        // The task of an attempt that has not begun is not wanted any more.
        activity.stamp += 1;
        activity.pause = Some(ActivityPause {
            time: Time::from_nanos(it.time),
            identity: it.identity.clone(),
            reason: it.reason.clone(),
            request_id: it.request_id.clone(),
        });
    });
    note_paused(state);
}

pub(super) fn unpaused(state: &mut MutableState, it: &ActivityUnpaused) {
    change(state, it.scheduled_event_id, |activity| {
        activity.pause = None;
        if it.reset_attempts {
            activity.attempt = 1;
            activity.last_failure = None;
        }
        if it.reset_heartbeat {
            activity.heartbeat = None;
        }
        due_at(activity, it.at);
    });
    note_paused(state);
}

pub(super) fn reset(state: &mut MutableState, it: &ActivityReset) {
    change(state, it.scheduled_event_id, |activity| {
        activity.attempt = 1;
        activity.counts_from = Time::from_nanos(it.time);
        if it.restore_options {
            activity.options = None;
        }
        if !it.keep_paused {
            activity.pause = None;
        }
        if activity.is_started() {
            activity.reset = Some(activity::ActivityReset {
                forgets_heartbeat: it.reset_heartbeat,
            });
        } else {
            activity.last_failure = None;
            if it.reset_heartbeat {
                activity.heartbeat = None;
            }
        }
        due_at(activity, it.at);
    });
    note_paused(state);
}

pub(super) fn options_set(state: &mut MutableState, it: &ActivityOptionsSet) {
    change(state, it.scheduled_event_id, |activity| {
        activity.options = it.options.clone().map(Arc::new);
        activity.stamp += 1;
        if activity.backing_off {
            activity.attempt_scheduled_time = Time::from_nanos(it.at);
        }
    });
}

/// The next attempt is due then, unless a worker is at one; tasks from before are not wanted any more.
fn due_at(activity: &mut Activity, at: i64) {
    activity.stamp += 1;
    if !activity.is_started() {
        activity.attempt_scheduled_time = Time::from_nanos(at);
        activity.backing_off = true;
    }
}

/// Lists show which types of activities are held back.
fn note_paused(state: &mut MutableState) {
    let paused = state.activities.values().filter(|it| it.is_paused());
    let mut types: Vec<_> = paused
        .map(|activity| format!("property:activityType={}", activity.activity_type()))
        .collect();
    types.sort();
    types.dedup();
    set_keywords(state, PAUSE_INFO, &types);
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
    let Some(activity) = state.activities.get(&scheduled_event_id).cloned() else {
        return;
    };
    state.activities.remove_mut(&scheduled_event_id);
    state
        .activity_ids
        .remove_mut(activity.attributes().activity_id.as_str());
    replace_deadline(state, activity.deadline(), None);
    state.activities_size -= activity.size();
    if activity.is_paused() {
        note_paused(state);
    }
}

fn change(state: &mut MutableState, id: EventId, how: impl FnOnce(&mut Activity)) {
    let Some(slot) = state.activities.get_mut(&id) else {
        return;
    };
    let (old, old_size) = (slot.deadline(), slot.size());
    how(Arc::make_mut(slot));
    let (new, new_size) = (slot.deadline(), slot.size());
    state.activities_size = state.activities_size + new_size - old_size;
    replace_deadline(state, old, new);
}
