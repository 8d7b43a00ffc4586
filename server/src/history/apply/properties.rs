//! Signals, memo, search attributes and options.

use std::{collections::BTreeMap, sync::Arc};

use mainspring_proto::{
    common::v1::Payload,
    enums::v1::EventType,
    history::v1::{
        UpsertWorkflowSearchAttributesEventAttributes,
        WorkflowExecutionOptionsUpdatedEventAttributes, WorkflowExecutionSignaledEventAttributes,
        WorkflowPropertiesModifiedEventAttributes,
    },
    workflow::v1::RequestIdInfo,
};

use crate::history::{
    change::ProblemsReported,
    event::Event,
    payload::{is_nil, keyword_list},
    state::{MutableState, REPORTED_PROBLEMS},
};

pub(super) fn signaled(state: &mut MutableState, it: &WorkflowExecutionSignaledEventAttributes) {
    state.signal_count += 1;
    if !it.request_id.is_empty() {
        state
            .signal_requests
            .insert_mut(it.request_id.as_str().into());
    }
}

pub(super) fn search_attributes(
    state: &mut MutableState,
    it: &UpsertWorkflowSearchAttributesEventAttributes,
) {
    if let Some(attributes) = &it.search_attributes {
        merge(&mut state.search_attributes, &attributes.indexed_fields);
    }
}

pub(super) fn problems_reported(state: &mut MutableState, it: &ProblemsReported) {
    set_keywords(state, REPORTED_PROBLEMS, &it.problems);
}

/// Sets a search attribute of the server's own; removes it if it is to be empty.
pub(super) fn set_keywords(state: &mut MutableState, name: &str, keywords: &[String]) {
    let attributes = Arc::make_mut(&mut state.search_attributes);
    if keywords.is_empty() {
        attributes.remove(name);
        return;
    }
    attributes.insert(name.to_owned(), keyword_list(keywords));
}

pub(super) fn memo(state: &mut MutableState, it: &WorkflowPropertiesModifiedEventAttributes) {
    if let Some(memo) = &it.upserted_memo {
        merge(&mut state.memo, &memo.fields);
    }
}

/// What becomes of a memo, or of search attributes: a nil payload removes its key.
pub(in crate::history) fn merge(
    into: &mut Arc<BTreeMap<String, Payload>>,
    upserted: &BTreeMap<String, Payload>,
) {
    let into = Arc::make_mut(into);
    for (key, value) in upserted {
        if is_nil(value) {
            into.remove(key);
        } else {
            into.insert(key.clone(), value.clone());
        }
    }
}

pub(super) fn options_updated(
    state: &mut MutableState,
    event: &Event,
    it: &WorkflowExecutionOptionsUpdatedEventAttributes,
) {
    attach_request(state, event, &it.attached_request_id);
    if let Some(priority) = &it.priority {
        Arc::make_mut(&mut state.started).priority = Some(priority.clone());
    }
    if it.unset_versioning_override {
        Arc::make_mut(&mut state.started).versioning_override = None;
    } else if let Some(versioning) = &it.versioning_override {
        Arc::make_mut(&mut state.started).versioning_override = Some(versioning.clone());
    }
    if !it.attached_completion_callbacks.is_empty() {
        Arc::make_mut(&mut state.started)
            .completion_callbacks
            .extend(it.attached_completion_callbacks.iter().cloned());
    }
}

pub(super) fn attach_request(state: &mut MutableState, event: &Event, request_id: &str) {
    if request_id.is_empty() {
        return;
    }
    state.request_ids.insert_mut(
        request_id.into(),
        RequestIdInfo {
            event_type: EventType::WorkflowExecutionOptionsUpdated.into(),
            event_id: event.id(),
            buffered: event.id() == 0,
        },
    );
}
