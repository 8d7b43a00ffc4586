//! A start that found its workflow running attaches itself to the run.

use mainspring_proto::{
    common::v1::Link,
    history::v1::{WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
};

use crate::history::{
    rejection::Rejection,
    transition::{Draft, Extras, Request},
};

/// What is attached.
#[derive(Clone, Debug, Default)]
pub struct Attach {
    /// A request that finds this run from now on; empty for none.
    pub request_id: String,
    /// What the run has to do with.
    pub links: Vec<Link>,
}

impl Request for Attach {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        if !draft.state().is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        draft.event_with(
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(Box::new(
                WorkflowExecutionOptionsUpdatedEventAttributes {
                    attached_request_id: self.request_id,
                    ..WorkflowExecutionOptionsUpdatedEventAttributes::default()
                },
            )),
            Extras {
                links: self.links,
                ..Extras::default()
            },
        );
        Ok(())
    }
}
