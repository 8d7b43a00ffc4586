//! A run that has become too large is ended by what would make it larger: no worker could replay it, and no
//! store should have to hold it.

use mainspring_proto::{common::v1::Payloads, enums::v1::EventType};

use crate::history::{
    change::Change,
    payload::json,
    rejection::Rejection,
    transition::{Draft, Refused},
};

use super::close::Ending;

/// What there is too much of.
pub(crate) struct Overgrowth {
    /// Why the run ends.
    reason: &'static str,
    /// More about why.
    details: Option<Payloads>,
    /// What the caller is told.
    message: String,
}

impl Overgrowth {
    fn new(reason: &'static str) -> Self {
        Self {
            reason,
            details: None,
            message: reason.to_owned(),
        }
    }

    fn of_transaction(size: i64, limit: i64) -> Self {
        let message = format!("transaction size of {size} bytes exceeds limit of {limit} bytes");
        Self {
            reason: "Transaction size exceeds limit.",
            details: Some(Payloads {
                payloads: vec![json(&message.as_str().into())],
            }),
            message,
        }
    }
}

impl Draft<'_> {
    /// Why the run cannot take what was decided, unless it ends by it or nothing of it is stored.
    pub(crate) fn overgrowth(&self) -> Option<Overgrowth> {
        let (state, limits) = (self.state(), self.cx().limits);
        if !state.is_open() || !self.changes().iter().any(Change::is_durable) {
            return None;
        }
        let before = self.base()?.history_size;
        // As with Temporal: a history may become too large once, and is noticed by what comes next.
        if before > limits.history_size {
            return Some(Overgrowth::new("Workflow history size exceeds limit."));
        }
        if state.next_event_id > limits.history_events + 1 {
            return Some(Overgrowth::new("Workflow history count exceeds limit."));
        }
        if state.size() > limits.mutable_state_size {
            let reason = "Workflow mutable state size exceeds limit.";
            return Some(Overgrowth::new(reason));
        }
        let (added, limit) = (state.history_size - before, limits.transaction_size);
        (added > limit && self.completes_workflow_task())
            .then(|| Overgrowth::of_transaction(added, limit))
    }

    /// Only then can more be added than was in the request: what waited for the worker.
    fn completes_workflow_task(&self) -> bool {
        self.changes().iter().any(|change| match change {
            Change::Event(event) => event.kind() == EventType::WorkflowTaskCompleted,
            _ => false,
        })
    }

    /// Ends the run in place of what was decided.
    pub(crate) fn refuse(mut self, overgrowth: Overgrowth) -> Refused {
        self.start_over();
        let Overgrowth {
            reason,
            details,
            message,
        } = overgrowth;
        self.end(Ending::terminated(reason, "history-service", details));
        Refused {
            rejection: Rejection::Overgrown(message),
            end: Some(Box::new(self.finish(()))),
        }
    }
}
