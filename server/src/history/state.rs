//! The mutable state of a run: everything that decides what may happen next, and nothing that only
//! history needs.
//!
//! It is changed by [`apply`](super::apply::apply) alone. A decision works on a clone, so whatever
//! may be many sits in a persistent collection or behind an `Arc`: a clone costs the same for two thousand
//! pending activities as for one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use mainspring_proto::{
    common::v1::{Payload, Priority, WorkerVersionStamp},
    deployment::v1::WorkerDeploymentVersion,
    enums::v1::{EventType, WorkflowExecutionStatus},
    history::v1::{WorkflowExecutionStartedEventAttributes, history_event::Attributes},
    workflow::v1::{RequestIdInfo, ResetPointInfo},
};

use super::{
    activity::Activity,
    deadline::Deadline,
    event::Event,
    external::{Child, ExternalCancel, ExternalSignal},
    ids::{EventId, RunKey},
    priority,
    time::Time,
    transition::Extras,
    update::Update,
    workflow_task::{Sticky, WorkflowTask},
};

/// The search attribute that says why the run's workflow tasks come to nothing.
pub const REPORTED_PROBLEMS: &str = "TemporalReportedProblems";

/// The search attribute that says which types of activities are held back.
pub const PAUSE_INFO: &str = "TemporalPauseInfo";

/// A timer that workflow code started.
#[derive(Clone, Debug, PartialEq)]
pub struct UserTimer {
    /// Its TimerStarted event.
    pub started_event_id: EventId,
    /// When it fires.
    pub fires_at: Time,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Close {
    /// The event that ended it.
    pub event: Arc<Event>,
    /// The run that goes on in its place, if there is one.
    pub new_run_id: Option<Arc<str>>,
    /// Whether the parent and the children have yet to be told.
    pub unannounced: bool,
}

/// How the first workflow task of a run comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstTask {
    /// It has been scheduled.
    Scheduled,
    /// It waits for the start delay, the retry's back-off or the cron schedule.
    At(Time),
    /// It waits until the parent has recorded that its child was started.
    Withheld,
}

/// The worker build that completed the last workflow task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerVersion {
    /// The stamp of versioning before deployments.
    pub stamp: Option<WorkerVersionStamp>,
    /// The name of its deployment; empty if it has none.
    pub deployment_name: String,
    /// The deployment version, if tasks are routed by it.
    pub deployment: Option<WorkerDeploymentVersion>,
    /// The versioning behaviour that the worker asked for.
    pub behavior: i32,
}

/// The state of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct MutableState {
    /// Which run this is.
    pub run: RunKey,
    /// What the run was started with.
    pub started: Arc<WorkflowExecutionStartedEventAttributes>,
    /// The request that created it, for deduplication.
    pub create_request_id: Arc<str>,
    /// Summary, details and links given at the start, if any were.
    pub extras: Option<Arc<Extras>>,
    /// Running, or how it ended.
    pub status: WorkflowExecutionStatus,
    /// The id of the next event.
    pub next_event_id: EventId,
    /// The encoded size of the history so far, in bytes.
    pub history_size: i64,
    /// When the run was started.
    pub start_time: Time,
    /// The memo, as upserted.
    pub memo: Arc<BTreeMap<String, Payload>>,
    /// The search attributes, as upserted.
    pub search_attributes: Arc<BTreeMap<String, Payload>>,
    /// The scheduled or started workflow task.
    pub workflow_task: Option<WorkflowTask>,
    /// The attempt that the next workflow task will be; above 1 it is transient.
    pub next_attempt: i32,
    /// The WorkflowTaskStarted event of the last completed task.
    pub previous_started_event_id: EventId,
    /// Whether the first workflow task is out.
    pub first_task: FirstTask,
    /// The worker's own queue, while it keeps the run in its cache.
    pub sticky: Option<Sticky>,
    /// Pending activities by their scheduled event.
    pub activities: rpds::RedBlackTreeMapSync<EventId, Arc<Activity>>,
    /// What the pending activities hold, in bytes; see [`Activity::size`].
    pub activities_size: usize,
    /// The scheduled events of the pending activities by their ids.
    pub activity_ids: rpds::RedBlackTreeMapSync<Arc<str>, EventId>,
    /// Running timers by their ids.
    pub timers: rpds::RedBlackTreeMapSync<Arc<str>, UserTimer>,
    /// Children that are to be started or run, by their initiated event.
    pub children: rpds::RedBlackTreeMapSync<EventId, Arc<Child>>,
    /// Signals to other workflows under way, by their initiated event.
    pub external_signals: rpds::RedBlackTreeMapSync<EventId, Arc<ExternalSignal>>,
    /// Cancel requests to other workflows under way, by their initiated event.
    pub external_cancels: rpds::RedBlackTreeMapSync<EventId, Arc<ExternalCancel>>,
    /// Events that happened while a workflow task was started, in order, without ids.
    pub buffered: Vec<Arc<Event>>,
    /// Request ids of the signals taken, for deduplication.
    pub signal_requests: rpds::HashTrieSetSync<Arc<str>>,
    /// How many signals were taken.
    pub signal_count: u32,
    /// Requests that attached themselves to the run, and the event that recorded each.
    pub request_ids: rpds::RedBlackTreeMapSync<Arc<str>, RequestIdInfo>,
    /// Whether cancellation was requested.
    pub cancel_requested: bool,
    /// Updates that are known, by id.
    pub updates: rpds::RedBlackTreeMapSync<Arc<str>, Arc<Update>>,
    /// The points that a reset by build id can go back to.
    pub reset_points: Arc<Vec<ResetPointInfo>>,
    /// Who completed the last workflow task.
    pub worker_version: Arc<WorkerVersion>,
    /// The run that replaced this one by a reset.
    pub reset_run_id: Option<Arc<str>>,
    /// From when on its timeouts count, if not from its start: a reset renews them.
    pub timeouts_renewed: Option<Time>,
    /// Set once the run has ended.
    pub close: Option<Close>,
    /// All instants at which something is due, at most one per item.
    pub deadlines: rpds::RedBlackTreeSetSync<Deadline>,
}

impl MutableState {
    /// The state of a run before its first event.
    pub fn new(run: RunKey) -> Self {
        Self {
            run,
            started: Arc::default(),
            create_request_id: "".into(),
            extras: None,
            status: WorkflowExecutionStatus::Running,
            next_event_id: 1,
            history_size: 0,
            start_time: Time::ZERO,
            memo: Arc::default(),
            search_attributes: Arc::default(),
            workflow_task: None,
            next_attempt: 1,
            previous_started_event_id: 0,
            first_task: FirstTask::Scheduled,
            sticky: None,
            activities: rpds::RedBlackTreeMapSync::new_sync(),
            activities_size: 0,
            activity_ids: rpds::RedBlackTreeMapSync::new_sync(),
            timers: rpds::RedBlackTreeMapSync::new_sync(),
            children: rpds::RedBlackTreeMapSync::new_sync(),
            external_signals: rpds::RedBlackTreeMapSync::new_sync(),
            external_cancels: rpds::RedBlackTreeMapSync::new_sync(),
            buffered: Vec::new(),
            signal_requests: rpds::HashTrieSetSync::new_sync(),
            signal_count: 0,
            request_ids: rpds::RedBlackTreeMapSync::new_sync(),
            cancel_requested: false,
            updates: rpds::RedBlackTreeMapSync::new_sync(),
            reset_points: Arc::default(),
            worker_version: Arc::default(),
            reset_run_id: None,
            timeouts_renewed: None,
            close: None,
            deadlines: rpds::RedBlackTreeSetSync::new_sync(),
        }
    }

    /// Whether the run has not ended.
    pub fn is_open(&self) -> bool {
        self.close.is_none()
    }

    /// Whether a worker is at work on a workflow task.
    pub fn has_started_workflow_task(&self) -> bool {
        self.workflow_task
            .as_ref()
            .is_some_and(|task| task.is_started())
    }

    /// Whether somebody is at work for the run, or is about to be, rather than time: a workflow task,
    /// an activity's attempt, a child that is to be started, something under way to another run.
    /// Tasks that are lost, by their scheduled event and attempt, do not count: nobody works on them.
    pub fn is_at_work(&self, lost: &BTreeSet<(EventId, i32)>) -> bool {
        let Some(close) = &self.close else {
            let workflow_task = self.workflow_task.as_ref();
            let activities = self.activities.values();
            return workflow_task
                .is_some_and(|it| !lost.contains(&(it.scheduled_event_id, it.attempt)))
                || self.first_task == FirstTask::Withheld
                || activities
                    .filter(|it| !lost.contains(&(it.scheduled_event_id(), it.current_attempt())))
                    .any(|it| it.is_started() || it.is_queued())
                || self.children.values().any(|it| !it.is_started())
                || !self.external_signals.is_empty()
                || !self.external_cancels.is_empty();
        };
        close.unannounced
    }

    /// What it holds beside its history, in bytes: the memo and the search attributes, which have limits of
    /// their own, are left out, as is what is small.
    pub fn size(&self) -> usize {
        self.activities_size + self.buffered_size()
    }

    /// How large the events are that wait for a worker, in bytes.
    pub fn buffered_size(&self) -> usize {
        let sizes = self.buffered.iter().map(|event| event.encoded().len());
        sizes.sum()
    }

    /// Whether any workflow task was ever completed.
    pub fn has_completed_workflow_task(&self) -> bool {
        self.previous_started_event_id > 0
    }

    /// The first run of the chain that this run is in.
    pub fn first_execution_run_id(&self) -> &str {
        match self.started.first_execution_run_id.as_str() {
            "" => &self.run.run_id,
            first => first,
        }
    }

    /// The builds that completed workflow tasks of this run, in order; empty strings for workers that do
    /// not tell. Nothing before the first task.
    pub fn builds(&self) -> impl Iterator<Item = &str> {
        let own = |point: &&ResetPointInfo| *point.run_id == *self.run.run_id;
        self.reset_points.iter().filter(own).map(|it| &*it.build_id)
    }

    /// The queue for workflow tasks that do not go to the sticky one.
    pub fn task_queue(&self) -> &str {
        self.started
            .task_queue
            .as_ref()
            .map_or("", |queue| &queue.name)
    }

    /// The workflow's type.
    pub fn workflow_type(&self) -> &str {
        self.started
            .workflow_type
            .as_ref()
            .map_or("", |it| &it.name)
    }

    /// The pending activity of this id.
    pub fn activity_by_id(&self, id: &str) -> Option<&Arc<Activity>> {
        self.activities.get(self.activity_ids.get(id)?)
    }

    /// How the tasks of an activity compare to others: as the run's, but for what it says itself.
    pub fn priority_of(&self, activity: &Activity) -> Option<Priority> {
        priority::merged(&self.started.priority, activity.priority())
    }

    /// When the whole chain times out.
    pub fn execution_expiration(&self) -> Option<Time> {
        if let Some(from) = self.timeouts_renewed {
            let timeout = super::time::duration(&self.started.workflow_execution_timeout);
            return (!timeout.is_zero()).then(|| from.after(timeout));
        }
        let at = self.started.workflow_execution_expiration_time.as_ref()?;
        Some(Time::from_proto(at)).filter(|at| *at > Time::ZERO)
    }

    /// When this run times out.
    pub fn run_expiration(&self) -> Option<Time> {
        let timeout = super::time::duration(&self.started.workflow_run_timeout);
        if timeout.is_zero() {
            return None;
        }
        let from = self.timeouts_renewed.unwrap_or(self.execution_time());
        let expiration = from.after(timeout);
        Some(match self.execution_expiration() {
            Some(earlier) => expiration.min(earlier),
            None => expiration,
        })
    }

    /// When the first workflow task was, or is to be, scheduled.
    pub fn execution_time(&self) -> Time {
        let backoff = super::time::duration(&self.started.first_workflow_task_backoff);
        self.start_time.after(backoff)
    }

    /// When the run ended.
    pub fn close_time(&self) -> Option<Time> {
        self.close.as_ref().map(|close| close.event.time())
    }

    /// The earliest instant at which something is due.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|deadline| deadline.at)
    }

    /// Whether the event that ended this activity waits for the workflow task to end.
    pub fn has_buffered_activity_end(&self, scheduled_event_id: EventId) -> bool {
        use Attributes::*;
        self.buffered.iter().any(|event| {
            let ended = match event.attributes() {
                Some(ActivityTaskCompletedEventAttributes(it)) => it.scheduled_event_id,
                Some(ActivityTaskFailedEventAttributes(it)) => it.scheduled_event_id,
                Some(ActivityTaskTimedOutEventAttributes(it)) => it.scheduled_event_id,
                Some(ActivityTaskCanceledEventAttributes(it)) => it.scheduled_event_id,
                _ => return false,
            };
            ended == scheduled_event_id
        })
    }

    /// Whether a TimerFired event of this timer waits in the buffer.
    pub fn buffered_timer_fired(&self, timer_id: &str) -> Option<usize> {
        self.buffered.iter().position(|event| {
            event.kind() == EventType::TimerFired
                && matches!(event.attributes(), Some(Attributes::TimerFiredEventAttributes(fired)) if fired.timer_id == timer_id)
        })
    }
}
