//! The steps by which mutable state moves. A transition *is* its changes: they are what is stored,
//! and folding them over the state before gives the state after, live and on recovery alike.
//!
//! A change is wider than an event on purpose: attempts of activities, heartbeats, stickiness and
//! buffered events are not (yet) history, and still must survive.

use std::sync::Arc;

use mainspring_proto::{
    activity::v1::ActivityOptions, common::v1::Payloads, failure::v1::Failure, update::v1::Request,
};

use super::event::Event;

/// One step of a run's state.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The run was created; precedes its first event.
    Created(Created),
    /// An event was added to the history.
    Event(Arc<Event>),
    /// An event happened, and waits for the started workflow task to end.
    Buffered(Arc<Event>),
    /// A waiting event was taken back, by its place in the buffer.
    BufferedRemoved(BufferedRemoved),
    /// The buffer was emptied; its events follow as [`Change::Flushed`].
    BufferTaken,
    /// An event that had been buffered was added to the history; its effect was had before.
    Flushed(Arc<Event>),
    /// A workflow task was made.
    WorkflowTaskScheduled(WorkflowTaskScheduled),
    /// A worker got the workflow task.
    WorkflowTaskStarted(WorkflowTaskStarted),
    /// The workflow task is over.
    WorkflowTaskClosed(WorkflowTaskClosed),
    /// A worker keeps the run in its cache, or no longer does.
    Sticky(StickySet),
    /// A worker got an activity task.
    ActivityStarted(ActivityStarted),
    /// An attempt of an activity ended, and another will follow.
    ActivityRetryScheduled(ActivityRetryScheduled),
    /// An activity's back-off has passed.
    ActivityDispatched(ActivityRef),
    /// A worker reported progress of an activity.
    ActivityHeartbeat(ActivityHeartbeat),
    /// A client's update was taken; kept in memory only.
    UpdateAdmitted(UpdateAdmitted),
    /// An update was handed to a worker; in memory only.
    UpdateSent(UpdateRef),
    /// The worker that had the update is gone; in memory only.
    UpdateReturned(UpdateRef),
    /// The update was rejected or dropped; in memory only, unless the history tells of its admission.
    UpdateRemoved(UpdateRemoved),
    /// Parent and children of the ended run were told.
    CloseAnnounced,
    /// A reset made another run of this one.
    ResetTo(ResetTo),
    /// The timeouts of the run and of its chain count from another instant than its start.
    TimeoutsRenewed(TimeoutsRenewed),
    /// Workflow tasks keep coming to nothing, or no longer do.
    ProblemsReported(ProblemsReported),
    /// An activity is held back.
    ActivityPaused(ActivityPaused),
    /// An activity is no longer held back.
    ActivityUnpaused(ActivityUnpaused),
    /// An activity begins anew.
    ActivityReset(ActivityReset),
    /// The options of an activity were changed.
    ActivityOptionsSet(ActivityOptionsSet),
}

impl Change {
    /// Whether the change is stored. The others are lost when the server stops, and whoever caused
    /// them tries again, as with Temporal.
    pub fn is_durable(&self) -> bool {
        match self {
            Self::UpdateAdmitted(_) | Self::UpdateSent(_) | Self::UpdateReturned(_) => false,
            Self::UpdateRemoved(it) => !it.volatile,
            Self::WorkflowTaskScheduled(it) => !it.volatile,
            Self::WorkflowTaskStarted(it) => !it.volatile,
            Self::WorkflowTaskClosed(it) => !it.volatile,
            _ => true,
        }
    }
}

/// See [`Change::Created`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Created {
    /// The request that created the run.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// Set for a child: its first workflow task waits for the parent's record.
    #[prost(bool, tag = "2")]
    pub first_task_withheld: bool,
}

/// See [`Change::BufferedRemoved`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct BufferedRemoved {
    /// The event's place in the buffer.
    #[prost(uint32, tag = "1")]
    pub index: u32,
}

/// See [`Change::WorkflowTaskScheduled`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTaskScheduled {
    /// 0 normal, 1 transient, 2 speculative.
    #[prost(int32, tag = "1")]
    pub kind: i32,
    /// The scheduled event, written or reserved.
    #[prost(int64, tag = "2")]
    pub scheduled_event_id: i64,
    /// From 1.
    #[prost(int32, tag = "3")]
    pub attempt: i32,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub scheduled_time: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "5")]
    pub original_scheduled_time: i64,
    /// Nanoseconds.
    #[prost(uint64, tag = "6")]
    pub start_to_close: u64,
    /// Nanoseconds; 0 for ever.
    #[prost(uint64, tag = "7")]
    pub schedule_to_start: u64,
    /// The queue it waits on.
    #[prost(string, tag = "8")]
    pub queue: String,
    /// Whether that is the worker's own.
    #[prost(bool, tag = "9")]
    pub sticky: bool,
    /// Set for a speculative task, which is not stored.
    #[prost(bool, tag = "10")]
    pub volatile: bool,
}

/// See [`Change::TimeoutsRenewed`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimeoutsRenewed {
    /// From when on they count: nanoseconds since the epoch.
    #[prost(int64, tag = "1")]
    pub from: i64,
}

/// See [`Change::WorkflowTaskStarted`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTaskStarted {
    /// The scheduled event; another one than before if the task had to be scheduled anew.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// The started event, written or reserved.
    #[prost(int64, tag = "2")]
    pub started_event_id: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub time: i64,
    /// Who got it.
    #[prost(string, tag = "4")]
    pub identity: String,
    /// The poll that got it.
    #[prost(string, tag = "5")]
    pub request_id: String,
    /// Nanoseconds; longer than scheduled when the task keeps failing.
    #[prost(uint64, tag = "6")]
    pub start_to_close: u64,
    /// Set for a speculative task, which is not stored.
    #[prost(bool, tag = "7")]
    pub volatile: bool,
    /// The size of the history that the worker was told, in bytes.
    #[prost(int64, tag = "8")]
    pub history_size: i64,
    /// Why the worker was told that it had better continue as new: `SuggestContinueAsNewReason`.
    #[prost(int32, repeated, tag = "9")]
    pub suggested: Vec<i32>,
}

/// See [`Change::WorkflowTaskClosed`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct WorkflowTaskClosed {
    /// The attempt that the next task will be.
    #[prost(int32, tag = "1")]
    pub next_attempt: i32,
    /// The started event if the task was completed; 0 otherwise.
    #[prost(int64, tag = "2")]
    pub completed_started_event_id: i64,
    /// Set for a speculative task, which is not stored.
    #[prost(bool, tag = "3")]
    pub volatile: bool,
}

/// See [`Change::Sticky`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct StickySet {
    /// The worker's own queue; empty to end stickiness.
    #[prost(string, tag = "1")]
    pub queue: String,
    /// Nanoseconds.
    #[prost(uint64, tag = "2")]
    pub schedule_to_start: u64,
}

/// See [`Change::ActivityStarted`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityStarted {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub time: i64,
    /// Who got it.
    #[prost(string, tag = "3")]
    pub identity: String,
    /// The poll that got it.
    #[prost(string, tag = "4")]
    pub request_id: String,
}

/// See [`Change::ActivityRetryScheduled`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityRetryScheduled {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// The attempt to come.
    #[prost(int32, tag = "2")]
    pub attempt: i32,
    /// When it is due, in nanoseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub at: i64,
    /// When the last one ended, in nanoseconds since the epoch.
    #[prost(int64, tag = "4")]
    pub ended: i64,
    /// Why it ended.
    #[prost(message, optional, tag = "5")]
    pub failure: Option<Failure>,
}

/// An activity, by its scheduled event.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityRef {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
}

/// See [`Change::ActivityHeartbeat`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityHeartbeat {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub time: i64,
    /// What the worker wants back at the next attempt.
    #[prost(message, optional, tag = "3")]
    pub details: Option<Payloads>,
}

/// See [`Change::ActivityPaused`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityPaused {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub time: i64,
    /// Who asked for it.
    #[prost(string, tag = "3")]
    pub identity: String,
    /// Why.
    #[prost(string, tag = "4")]
    pub reason: String,
    /// The request, for deduplication.
    #[prost(string, tag = "5")]
    pub request_id: String,
}

/// See [`Change::ActivityUnpaused`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityUnpaused {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// When its next attempt is due if no worker is at it, in nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub at: i64,
    /// Whether attempts are counted anew.
    #[prost(bool, tag = "3")]
    pub reset_attempts: bool,
    /// Whether its progress is forgotten.
    #[prost(bool, tag = "4")]
    pub reset_heartbeat: bool,
}

/// See [`Change::ActivityReset`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityReset {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// Nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub time: i64,
    /// When its first attempt is due if no worker is at it, in nanoseconds since the epoch.
    #[prost(int64, tag = "3")]
    pub at: i64,
    /// Whether it stays paused, if it is.
    #[prost(bool, tag = "4")]
    pub keep_paused: bool,
    /// Whether its progress is forgotten.
    #[prost(bool, tag = "5")]
    pub reset_heartbeat: bool,
    /// Whether it gets back the options it was scheduled with.
    #[prost(bool, tag = "6")]
    pub restore_options: bool,
}

/// See [`Change::ActivityOptionsSet`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ActivityOptionsSet {
    /// Which activity.
    #[prost(int64, tag = "1")]
    pub scheduled_event_id: i64,
    /// When its next attempt is due from now on if it is backing off, in nanoseconds since the epoch.
    #[prost(int64, tag = "2")]
    pub at: i64,
    /// The new ones; those it was scheduled with if there are none.
    #[prost(message, optional, tag = "3")]
    pub options: Option<ActivityOptions>,
}

/// See [`Change::UpdateAdmitted`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateAdmitted {
    /// What was asked, with its id.
    #[prost(message, optional, tag = "1")]
    pub request: Option<Request>,
}

/// An update, by its id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateRef {
    /// The update's id.
    #[prost(string, tag = "1")]
    pub update_id: String,
}

/// See [`Change::UpdateRemoved`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateRemoved {
    /// The update's id.
    #[prost(string, tag = "1")]
    pub update_id: String,
    /// Whether nothing of its admission is stored.
    #[prost(bool, tag = "2")]
    pub volatile: bool,
}

/// See [`Change::ResetTo`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResetTo {
    /// The run that the reset made.
    #[prost(string, tag = "1")]
    pub run_id: String,
}

/// See [`Change::ProblemsReported`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct ProblemsReported {
    /// What the search attribute says from now on; empty to remove it.
    #[prost(string, repeated, tag = "1")]
    pub problems: Vec<String>,
}
