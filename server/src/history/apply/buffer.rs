//! Events that wait for the started workflow task to end.

use std::sync::Arc;

use mainspring_proto::history::v1::history_event::Attributes;

use crate::history::{change::BufferedRemoved, event::Event, state::MutableState};

pub(super) fn removed(state: &mut MutableState, it: &BufferedRemoved) {
    let index = it.index as usize;
    if index < state.buffered.len() {
        state.buffered.remove(index);
    }
}

/// The event has its id now; whatever referred to it by kind alone learns the id.
pub(super) fn flushed(state: &mut MutableState, event: &Event) {
    match event.attributes() {
        Some(Attributes::ChildWorkflowExecutionStartedEventAttributes(it)) => {
            if let Some(child) = state.children.get_mut(&it.initiated_event_id) {
                Arc::make_mut(child).started_event_id = event.id();
            }
        }
        Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it)) => {
            super::properties::attach_request(state, event, &it.attached_request_id);
        }
        Some(Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(it)) => {
            super::update::admitted_event(state, event, it);
        }
        _ => {}
    }
}
