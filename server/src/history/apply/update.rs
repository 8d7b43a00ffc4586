//! Updates.

use std::sync::Arc;

use mainspring_proto::history::v1::{
    WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateAdmittedEventAttributes,
    WorkflowExecutionUpdateCompletedEventAttributes,
};

use crate::history::{
    change::{UpdateAdmitted, UpdateRef, UpdateRemoved},
    event::Event,
    state::MutableState,
    update::{Update, UpdateStage},
};

pub(super) fn admitted(state: &mut MutableState, it: &UpdateAdmitted) {
    let Some(request) = &it.request else { return };
    let id = request.meta.as_ref().map_or("", |meta| &meta.update_id);
    let update = Update {
        request: Some(Arc::new(request.clone())),
        stage: UpdateStage::Admitted,
        admitted_event_id: 0,
    };
    state.updates.insert_mut(id.into(), Arc::new(update));
}

pub(super) fn admitted_event(
    state: &mut MutableState,
    event: &Event,
    it: &WorkflowExecutionUpdateAdmittedEventAttributes,
) {
    let Some(request) = &it.request else { return };
    let id = request.meta.as_ref().map_or("", |meta| &meta.update_id);
    let update = Update {
        request: Some(Arc::new(request.clone())),
        stage: UpdateStage::Admitted,
        admitted_event_id: event.id(),
    };
    state.updates.insert_mut(id.into(), Arc::new(update));
}

pub(super) fn sent(state: &mut MutableState, it: &UpdateRef) {
    set_stage(state, &it.update_id, UpdateStage::Sent);
}

pub(super) fn returned(state: &mut MutableState, it: &UpdateRef) {
    set_stage(state, &it.update_id, UpdateStage::Admitted);
}

pub(super) fn removed(state: &mut MutableState, it: &UpdateRemoved) {
    state.updates.remove_mut(it.update_id.as_str());
}

pub(super) fn accepted(
    state: &mut MutableState,
    event: &Event,
    it: &WorkflowExecutionUpdateAcceptedEventAttributes,
) {
    let update = Update {
        request: None,
        stage: UpdateStage::Accepted(event.id()),
        admitted_event_id: 0,
    };
    state
        .updates
        .insert_mut(it.protocol_instance_id.as_str().into(), Arc::new(update));
}

pub(super) fn completed(
    state: &mut MutableState,
    it: &WorkflowExecutionUpdateCompletedEventAttributes,
) {
    let id = it.meta.as_ref().map_or("", |meta| &meta.update_id);
    let outcome = it.outcome.clone().unwrap_or_default();
    let update = Update {
        request: None,
        stage: UpdateStage::Completed(Arc::new(outcome)),
        admitted_event_id: 0,
    };
    state.updates.insert_mut(id.into(), Arc::new(update));
}

fn set_stage(state: &mut MutableState, id: &str, stage: UpdateStage) {
    if let Some(update) = state.updates.get_mut(id) {
        Arc::make_mut(update).stage = stage;
    }
}
