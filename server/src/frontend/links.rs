//! Links back to what a request did.

use mainspring_proto::{
    common::v1::{
        Link,
        link::{
            Variant, Workflow, WorkflowEvent,
            workflow_event::{EventReference, Reference, RequestIdReference},
        },
    },
    enums::v1::EventType,
};

use crate::history::ids::RunKey;

/// A link to an event by its number.
pub(super) fn event(namespace: &str, run: &RunKey, event_id: i64, event_type: EventType) -> Link {
    workflow_event(
        namespace,
        run,
        Reference::EventRef(EventReference {
            event_id,
            event_type: event_type.into(),
        }),
    )
}

/// A link to the event that a request caused, which may not have a number yet.
pub(super) fn request(
    namespace: &str,
    run: &RunKey,
    request_id: &str,
    event_type: EventType,
) -> Link {
    workflow_event(
        namespace,
        run,
        Reference::RequestIdRef(RequestIdReference {
            request_id: request_id.to_owned(),
            event_type: event_type.into(),
        }),
    )
}

/// A link to a run as a whole, and why it is linked to.
pub(super) fn workflow(namespace: &str, run: &RunKey, reason: &str) -> Link {
    Link {
        variant: Some(Variant::Workflow(Workflow {
            namespace: namespace.to_owned(),
            workflow_id: run.workflow.workflow_id.to_string(),
            run_id: run.run_id.to_string(),
            reason: reason.to_owned(),
        })),
    }
}

fn workflow_event(namespace: &str, run: &RunKey, reference: Reference) -> Link {
    Link {
        variant: Some(Variant::WorkflowEvent(WorkflowEvent {
            namespace: namespace.to_owned(),
            workflow_id: run.workflow.workflow_id.to_string(),
            run_id: run.run_id.to_string(),
            reference: Some(reference),
        })),
    }
}
