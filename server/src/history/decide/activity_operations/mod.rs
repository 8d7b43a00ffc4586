//! What operators do to pending activities: hold them back, let them go on, begin them anew, change
//! their options. None of it is history, and no workflow task follows.

mod pause;
mod reset;
mod unpause;
mod update_options;

pub use pause::PauseActivities;
pub use reset::ResetActivities;
pub use unpause::UnpauseActivities;
pub use update_options::{OptionsUpdate, UpdateActivityOptions};

use std::time::Duration;

use crate::history::{
    change::{ActivityRef, Change},
    ids::EventId,
    rejection::Rejection,
    state::MutableState,
    task::Task,
    time::Time,
    transition::Draft,
};

/// Which pending activities are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activities {
    /// The one with this id.
    Id(String),
    /// Those of this type.
    Type(String),
    /// All of them.
    All,
}

impl Activities {
    /// The scheduled events of those that are meant; at least one.
    ///
    /// # Errors
    /// When the run has ended, or has no such activity.
    fn find(&self, state: &MutableState) -> Result<Vec<EventId>, Rejection> {
        if !state.is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        let pending = state.activities.values();
        let found: Vec<_> = pending
            .filter(|activity| match self {
                Self::Id(id) => activity.attributes().activity_id == *id,
                Self::Type(kind) => activity.activity_type() == kind,
                Self::All => true,
            })
            .map(|activity| activity.scheduled_event_id())
            .collect();
        if found.is_empty() {
            return Err(Rejection::NotFound(
                "Can't find pending activity with such ID. Invalid activityID or activity already completed"
                    .to_owned(),
            ));
        }
        Ok(found)
    }
}

impl Draft<'_> {
    /// Some moment between now and `jitter` from now.
    fn soon(&self, jitter: Duration) -> Time {
        let most = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
        let wait = self.cx().ids.below(most);
        self.now().after(Duration::from_nanos(wait))
    }

    /// Hands the activity to its queue if its next attempt is due.
    fn dispatch_if_due(&mut self, id: EventId) {
        let Some(activity) = self.state().activities.get(&id) else {
            return;
        };
        let waits = activity.backing_off && !activity.is_paused();
        if waits && activity.attempt_scheduled_time <= self.now() {
            self.change(Change::ActivityDispatched(ActivityRef {
                scheduled_event_id: id,
            }));
            self.task(Task::DispatchActivity(id));
        }
    }
}
