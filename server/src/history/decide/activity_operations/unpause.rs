//! UnpauseActivity: an attempt that was held back begins, without what was left of its back-off.

use std::time::Duration;

use crate::history::{
    change::{ActivityUnpaused, Change},
    rejection::Rejection,
    task::Task,
    transition::{Draft, Request},
};

use super::Activities;

/// See the module.
#[derive(Clone, Debug)]
pub struct UnpauseActivities {
    /// Which ones; those that are not paused stay as they are.
    pub activities: Activities,
    /// Whether attempts are counted anew.
    pub reset_attempts: bool,
    /// Whether progress is forgotten.
    pub reset_heartbeat: bool,
    /// Attempts begin at random moments within this time.
    pub jitter: Duration,
}

impl Request for UnpauseActivities {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        for id in self.activities.find(draft.state())? {
            if !draft.state().activities[&id].is_paused() {
                continue;
            }
            draft.change(Change::ActivityUnpaused(ActivityUnpaused {
                scheduled_event_id: id,
                at: draft.soon(self.jitter).nanos(),
                reset_attempts: self.reset_attempts,
                reset_heartbeat: self.reset_heartbeat,
            }));
            draft.task(Task::Visibility);
            draft.dispatch_if_due(id);
        }
        Ok(())
    }
}
