//! Updates of a run: admitted and sent ones are known only in memory, accepted and completed ones
//! are in the history.

use std::sync::Arc;

use mainspring_proto::update::v1::{Outcome, Request};

use super::ids::EventId;

/// How far an update has come.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateStage {
    /// Waits for a workflow task to carry it.
    Admitted,
    /// A worker has it.
    Sent,
    /// The workflow's validator let it through; the event that says so.
    Accepted(EventId),
    /// It has an outcome.
    Completed(Arc<Outcome>),
}

/// An update that the run knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// What was asked; gone once it is completed.
    pub request: Option<Arc<Request>>,
    /// How far it has come.
    pub stage: UpdateStage,
    /// Its UpdateAdmitted event, after a reset; 0 otherwise.
    pub admitted_event_id: EventId,
}
