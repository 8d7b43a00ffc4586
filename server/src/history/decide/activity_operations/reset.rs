//! ResetActivity: an activity begins anew. An attempt that is under way may still end it; if it fails,
//! the first one follows.

use std::time::Duration;

use crate::history::{
    change::{ActivityReset, Change},
    rejection::Rejection,
    task::Task,
    transition::{Draft, Request},
};

use super::Activities;

/// See the module.
#[derive(Clone, Debug)]
pub struct ResetActivities {
    /// Which ones.
    pub activities: Activities,
    /// Whether progress is forgotten; by an attempt that is under way, when it has ended.
    pub reset_heartbeat: bool,
    /// Whether those that are paused stay so.
    pub keep_paused: bool,
    /// Whether they get back the options that they were scheduled with.
    pub restore_options: bool,
    /// Attempts begin at random moments within this time.
    pub jitter: Duration,
}

impl Request for ResetActivities {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        for id in self.activities.find(draft.state())? {
            if draft.state().activities[&id].is_paused() && !self.keep_paused {
                draft.task(Task::Visibility);
            }
            draft.change(Change::ActivityReset(ActivityReset {
                scheduled_event_id: id,
                time: draft.now().nanos(),
                at: draft.soon(self.jitter).nanos(),
                keep_paused: self.keep_paused,
                reset_heartbeat: self.reset_heartbeat,
                restore_options: self.restore_options,
            }));
            draft.dispatch_if_due(id);
        }
        Ok(())
    }
}
