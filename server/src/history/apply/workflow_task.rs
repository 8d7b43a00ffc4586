//! Workflow tasks come and go.

use std::{sync::Arc, time::Duration};

use mainspring_proto::{
    history::v1::WorkflowTaskCompletedEventAttributes, workflow::v1::ResetPointInfo,
};

use crate::history::{
    change::{StickySet, WorkflowTaskClosed, WorkflowTaskScheduled, WorkflowTaskStarted},
    deadline::{Deadline, Due},
    event::Event,
    state::{FirstTask, MutableState, WorkerVersion},
    time::Time,
    workflow_task::{Sticky, WorkflowTask, WorkflowTaskKind},
};

use super::replace_deadline;

/// How many reset points a run keeps; the oldest go first.
const MAX_RESET_POINTS: usize = 20;

pub(super) fn scheduled(state: &mut MutableState, it: &WorkflowTaskScheduled) {
    if let FirstTask::At(at) = state.first_task {
        state.deadlines.remove_mut(&Deadline {
            at,
            what: Due::FirstWorkflowTask,
        });
    }
    state.first_task = FirstTask::Scheduled;
    set(
        state,
        Some(WorkflowTask {
            kind: match it.kind {
                0 => WorkflowTaskKind::Normal,
                1 => WorkflowTaskKind::Transient,
                _ => WorkflowTaskKind::Speculative,
            },
            scheduled_event_id: it.scheduled_event_id,
            started_event_id: 0,
            attempt: it.attempt,
            scheduled_time: Time::from_nanos(it.scheduled_time),
            original_scheduled_time: Time::from_nanos(it.original_scheduled_time),
            started_time: Time::ZERO,
            start_to_close: Duration::from_nanos(it.start_to_close),
            schedule_to_start: Duration::from_nanos(it.schedule_to_start),
            queue: it.queue.as_str().into(),
            sticky: it.sticky,
            history_size: 0,
            suggested: Vec::new(),
            identity: String::new(),
            request_id: String::new(),
        }),
    );
}

pub(super) fn started(state: &mut MutableState, it: &WorkflowTaskStarted) {
    let task = state.workflow_task.clone().map(|task| WorkflowTask {
        scheduled_event_id: it.scheduled_event_id,
        started_event_id: it.started_event_id,
        started_time: Time::from_nanos(it.time),
        start_to_close: Duration::from_nanos(it.start_to_close),
        history_size: it.history_size,
        suggested: it.suggested.clone(),
        identity: it.identity.clone(),
        request_id: it.request_id.clone(),
        ..task
    });
    set(state, task);
}

pub(super) fn closed(state: &mut MutableState, it: &WorkflowTaskClosed) {
    set(state, None);
    state.next_attempt = it.next_attempt;
    if it.completed_started_event_id != 0 {
        state.previous_started_event_id = it.completed_started_event_id;
    }
}

pub(super) fn sticky(state: &mut MutableState, it: &StickySet) {
    state.sticky = (!it.queue.is_empty()).then(|| Sticky {
        queue: it.queue.as_str().into(),
        schedule_to_start: Duration::from_nanos(it.schedule_to_start),
    });
}

/// The event itself says which build completed the task.
pub(super) fn completed(
    state: &mut MutableState,
    event: &Arc<Event>,
    it: &WorkflowTaskCompletedEventAttributes,
) {
    let version = WorkerVersion {
        stamp: it.worker_version.clone(),
        deployment_name: it.worker_deployment_name.clone(),
        deployment: it.deployment_version.clone(),
        behavior: it.versioning_behavior,
    };
    if *state.worker_version != version {
        state.worker_version = Arc::new(version);
    }
    let build_id = match (&it.deployment_version, &it.worker_version) {
        (Some(version), _) => &version.build_id,
        (None, Some(stamp)) => &stamp.build_id,
        (None, None) => "",
    };
    let checksum = it.binary_checksum.as_str();
    let known =
        |point: &ResetPointInfo| point.build_id == build_id && point.binary_checksum == checksum;
    if state.reset_points.iter().any(known) {
        return;
    }
    let resettable = state.children.is_empty()
        && state.external_signals.is_empty()
        && state.external_cancels.is_empty();
    let points = Arc::make_mut(&mut state.reset_points);
    if points.len() >= MAX_RESET_POINTS {
        points.remove(0);
    }
    points.push(ResetPointInfo {
        build_id: build_id.to_owned(),
        binary_checksum: checksum.to_owned(),
        run_id: state.run.run_id.to_string(),
        first_workflow_task_completed_id: event.id(),
        create_time: event.proto().event_time,
        expire_time: None,
        resettable,
    });
}

pub(super) fn set(state: &mut MutableState, task: Option<WorkflowTask>) {
    let old = state
        .workflow_task
        .as_ref()
        .and_then(WorkflowTask::deadline);
    let new = task.as_ref().and_then(WorkflowTask::deadline);
    state.workflow_task = task;
    replace_deadline(state, old, new);
}
