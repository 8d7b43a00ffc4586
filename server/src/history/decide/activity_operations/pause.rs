//! PauseActivity: attempts that are under way go on, and no other begins.

use crate::history::{
    change::{ActivityPaused, Change},
    rejection::Rejection,
    task::Task,
    transition::{Draft, Request},
};

use super::Activities;

/// See the module.
#[derive(Clone, Debug)]
pub struct PauseActivities {
    /// Which ones.
    pub activities: Activities,
    /// Who asks.
    pub identity: String,
    /// Why.
    pub reason: String,
    /// The request, for deduplication.
    pub request_id: String,
}

impl Request for PauseActivities {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        for id in self.activities.find(draft.state())? {
            match &draft.state().activities[&id].pause {
                Some(pause) if pause.request_id == self.request_id => continue,
                Some(_) => {
                    return Err(Rejection::FailedPrecondition(
                        "activity is already paused".to_owned(),
                    ));
                }
                None => {}
            }
            draft.change(Change::ActivityPaused(ActivityPaused {
                scheduled_event_id: id,
                time: draft.now().nanos(),
                identity: self.identity.clone(),
                reason: self.reason.clone(),
                request_id: self.request_id.clone(),
            }));
            draft.task(Task::Visibility);
        }
        Ok(())
    }
}
