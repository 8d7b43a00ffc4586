//! A signal arrives.

use mainspring_proto::common::v1::Link;

use crate::history::{
    rejection::Rejection,
    state::FirstTask,
    transition::{Draft, Extras, Request},
};

use super::start_run::Signal;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct SignalRun {
    /// The signal.
    pub signal: Signal,
    /// What it has to do with.
    pub links: Vec<Link>,
    /// Set by signal-with-start: the first workflow task comes at once, whatever it waits for.
    pub starts: bool,
}

impl Request for SignalRun {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let state = draft.state();
        // First: who asks again must hear the same, even if the run has ended since.
        if state
            .signal_requests
            .contains(self.signal.request_id.as_str())
        {
            return Ok(());
        }
        if !state.is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        if state.signal_count >= draft.cx().limits.signals {
            return Err(Rejection::TooManySignals);
        }
        draft.event_with(
            self.signal.into_attributes(),
            Extras {
                links: self.links,
                ..Extras::default()
            },
        );
        if self.starts
            && let FirstTask::At(_) = draft.state().first_task
        {
            draft.schedule_first_workflow_task();
        }
        draft.schedule_workflow_task();
        draft.check_buffer_limit();
        Ok(())
    }
}

impl Draft<'_> {
    /// Too many events waiting for a worker end the worker's task, so that they get their places.
    pub(crate) fn check_buffer_limit(&mut self) {
        let limits = self.cx().limits;
        let state = self.state();
        let too_many = state.buffered.len() > limits.buffered_events;
        if too_many || state.buffered_size() > limits.buffered_size {
            self.fail_workflow_task(super::workflow_task::WorkflowTaskFailure {
                cause: mainspring_proto::enums::v1::WorkflowTaskFailedCause::ForceCloseCommand
                    .into(),
                failure: None,
                worker: "history-service".to_owned().into(),
                binary_checksum: String::new(),
            });
        }
    }
}
