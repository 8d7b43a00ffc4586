//! A run begins.

use std::sync::Arc;

use mainspring_proto::{
    enums::v1::EventType, history::v1::WorkflowExecutionStartedEventAttributes,
    workflow::v1::RequestIdInfo,
};

use crate::history::{
    change::{Created, TimeoutsRenewed},
    deadline::{Deadline, Due},
    event::Event,
    state::{FirstTask, MutableState},
    time::{Time, duration},
    transition::Extras,
};

pub(super) fn created(state: &mut MutableState, it: &Created) {
    state.create_request_id = it.request_id.as_str().into();
    if it.first_task_withheld {
        state.first_task = FirstTask::Withheld;
    }
}

pub(super) fn started(
    state: &mut MutableState,
    event: &Arc<Event>,
    it: &WorkflowExecutionStartedEventAttributes,
) {
    state.started = Arc::new(it.clone());
    let extras = Extras {
        user_metadata: event.proto().user_metadata.clone(),
        links: event.proto().links.clone(),
    };
    state.extras = (extras != Extras::default()).then(|| Arc::new(extras));
    state.start_time = event.time();
    if let Some(memo) = &it.memo {
        state.memo = Arc::new(memo.fields.clone());
    }
    if let Some(attributes) = &it.search_attributes {
        state.search_attributes = Arc::new(attributes.indexed_fields.clone());
    }
    if let Some(points) = &it.prev_auto_reset_points {
        state.reset_points = Arc::new(points.points.clone());
    }
    if !state.create_request_id.is_empty() {
        state.request_ids.insert_mut(
            state.create_request_id.clone(),
            RequestIdInfo {
                event_type: EventType::WorkflowExecutionStarted.into(),
                event_id: event.id(),
                buffered: false,
            },
        );
    }
    let backoff = duration(&it.first_workflow_task_backoff);
    if !backoff.is_zero() {
        let at = state.start_time.after(backoff);
        state.first_task = FirstTask::At(at);
        state.deadlines.insert_mut(Deadline {
            at,
            what: Due::FirstWorkflowTask,
        });
    }
    for deadline in timeouts(state) {
        state.deadlines.insert_mut(deadline);
    }
}

pub(super) fn timeouts_renewed(state: &mut MutableState, it: &TimeoutsRenewed) {
    for deadline in timeouts(state) {
        state.deadlines.remove_mut(&deadline);
    }
    state.timeouts_renewed = Some(Time::from_nanos(it.from));
    for deadline in timeouts(state) {
        state.deadlines.insert_mut(deadline);
    }
}

/// When the run, and when its chain, times out.
fn timeouts(state: &MutableState) -> impl Iterator<Item = Deadline> + use<> {
    let timeouts = [
        (state.run_expiration(), Due::RunTimeout),
        (state.execution_expiration(), Due::ExecutionTimeout),
    ];
    let set = |(at, what): (Option<Time>, Due)| at.map(|at| Deadline { at, what });
    timeouts.into_iter().filter_map(set)
}
