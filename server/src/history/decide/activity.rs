//! What happens to a pending activity.

use mainspring_proto::{
    common::v1::Payloads,
    enums::v1::{RetryState, TimeoutType},
    failure::v1::{Failure, failure::FailureInfo},
    history::v1::{
        ActivityTaskCanceledEventAttributes, ActivityTaskCompletedEventAttributes,
        ActivityTaskFailedEventAttributes, ActivityTaskStartedEventAttributes,
        ActivityTaskTimedOutEventAttributes, history_event::Attributes,
    },
    prost::Message as _,
};

use crate::history::{
    activity::{Activity, ActivityDue},
    change::{ActivityHeartbeat, ActivityRef, ActivityRetryScheduled, ActivityStarted, Change},
    failure,
    ids::EventId,
    rejection::Rejection,
    state::MutableState,
    task::Task,
    transition::{Draft, Request},
    worker::Worker,
};

use super::retry;

/// How much of the last failure is kept between attempts, in bytes.
const MAX_KEPT_FAILURE: usize = 4 * 1024;

/// The end of an activity for whose next attempt no time is left; programs look for the words.
const NO_TIME_LEFT: &str = "Not enough time to schedule next retry before activity ScheduleToClose timeout, \
     giving up retrying";

/// Which activity a worker or client speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum ActivitySelector {
    /// The one it was handed.
    Token {
        /// The scheduled event.
        scheduled_event_id: EventId,
        /// The attempt.
        attempt: i32,
    },
    /// The pending one with this id.
    Id(String),
}

impl ActivitySelector {
    /// The scheduled event of the activity, if it is pending and, by token, at that attempt.
    ///
    /// # Errors
    /// [`Rejection::ActivityNotFound`] if it is over, [`Rejection::WorkflowClosed`] if its run is.
    pub fn find(&self, state: &MutableState) -> Result<EventId, Rejection> {
        if !state.is_open() {
            return Err(Rejection::WorkflowClosed);
        }
        let found = match self {
            Self::Token {
                scheduled_event_id,
                attempt,
            } => state
                .activities
                .get(scheduled_event_id)
                .filter(|activity| activity.is_started() && activity.current_attempt() == *attempt),
            Self::Id(id) => state.activity_by_id(id),
        };
        found
            .map(|activity| activity.scheduled_event_id())
            .ok_or_else(|| self.not_found())
    }

    fn find_started(&self, state: &MutableState) -> Result<EventId, Rejection> {
        let id = self.find(state)?;
        match state.activities.get(&id) {
            Some(activity) if activity.is_started() => Ok(id),
            _ => Err(Rejection::ActivityNotFound),
        }
    }

    fn not_found(&self) -> Rejection {
        match self {
            Self::Token { .. } => Rejection::ActivityNotFound,
            Self::Id(id) => Rejection::NotFound(format!(
                "cannot find pending activity with ActivityID {id}, check workflow execution history for more \
                 details"
            )),
        }
    }
}

/// How an activity ends.
pub(crate) enum ActivityEnd {
    Completed {
        result: Option<Payloads>,
        worker: Worker,
    },
    Failed {
        failure: Option<Failure>,
        retry_state: RetryState,
        worker: Worker,
    },
    TimedOut {
        failure: Failure,
        retry_state: RetryState,
    },
    Canceled {
        details: Option<Payloads>,
        requested: EventId,
        identity: String,
    },
}

impl Draft<'_> {
    /// Hands an activity to a worker.
    pub(crate) fn start_activity(&mut self, id: EventId, identity: &str) {
        let request_id = self.cx().ids.uuid();
        self.change(Change::ActivityStarted(ActivityStarted {
            scheduled_event_id: id,
            time: self.now().nanos(),
            identity: identity.to_owned(),
            request_id,
        }));
    }

    /// Ends an activity. Its start becomes history only now, with the attempt that mattered.
    pub(crate) fn close_activity(&mut self, id: EventId, end: ActivityEnd) {
        let Some(activity) = self.state().activities.get(&id).cloned() else {
            return;
        };
        let answer = match &end {
            ActivityEnd::Completed { worker, .. } | ActivityEnd::Failed { worker, .. } => {
                Some(worker)
            }
            ActivityEnd::TimedOut { .. } | ActivityEnd::Canceled { .. } => None,
        };
        // Work that somebody else did, without a worker that polled for it.
        let elsewhere = match &end {
            ActivityEnd::Completed { worker, .. } => Some(&worker.identity),
            _ => None,
        };
        let started_event_id = match &activity.start {
            None if elsewhere.is_none() => 0,
            start => {
                let time = start.as_ref().map_or(self.now(), |start| start.time);
                let identity = start.as_ref().map(|it| &it.identity).or(elsewhere);
                let attributes = ActivityTaskStartedEventAttributes {
                    scheduled_event_id: id,
                    identity: identity.cloned().unwrap_or_default(),
                    request_id: start
                        .as_ref()
                        .map(|it| it.request_id.clone())
                        .unwrap_or_default(),
                    attempt: activity.current_attempt(),
                    last_failure: activity.last_failure.clone(),
                    worker_version: answer.and_then(|it| it.version.clone()),
                    ..ActivityTaskStartedEventAttributes::default()
                };
                self.event_of(
                    Attributes::ActivityTaskStartedEventAttributes(Box::new(attributes)),
                    time,
                )
            }
        };
        self.event(closing(id, started_event_id, end));
        if activity.is_paused() {
            self.task(Task::Visibility);
        }
    }

    /// Ends an attempt: another one follows, or the activity ends with what is given.
    fn retry_or_close(
        &mut self,
        id: EventId,
        failure: Option<Failure>,
        or: impl FnOnce(Option<Failure>, RetryState) -> ActivityEnd,
    ) {
        let Some(activity) = self.state().activities.get(&id).cloned() else {
            return;
        };
        match next_attempt(&activity, failure.as_ref(), self.now()) {
            Ok(interval) => self.change(Change::ActivityRetryScheduled(ActivityRetryScheduled {
                scheduled_event_id: id,
                attempt: match activity.reset {
                    Some(_) => 1,
                    None => activity.attempt + 1,
                },
                at: self.now().after(interval).nanos(),
                ended: self.now().nanos(),
                failure: failure.map(kept),
            })),
            Err(why_not) => {
                self.close_activity(id, or(failure, why_not));
                self.tell_worker();
            }
        }
    }

    fn tell_worker(&mut self) {
        self.schedule_workflow_task();
        self.check_buffer_limit();
    }

    /// Something of this activity is due.
    pub(crate) fn activity_due(&mut self, id: EventId) {
        let Some(activity) = self.state().activities.get(&id).cloned() else {
            return;
        };
        let Some((_, due)) = activity.next_due() else {
            return;
        };
        let timeout = match due {
            ActivityDue::Retry => {
                self.change(Change::ActivityDispatched(ActivityRef {
                    scheduled_event_id: id,
                }));
                self.task(Task::DispatchActivity(id));
                return;
            }
            ActivityDue::ScheduleToClose => TimeoutType::ScheduleToClose,
            ActivityDue::ScheduleToStart => TimeoutType::ScheduleToStart,
            ActivityDue::StartToClose => TimeoutType::StartToClose,
            ActivityDue::Heartbeat => TimeoutType::Heartbeat,
        };
        let or = |failure: Option<Failure>, retry_state| {
            // No time is left for another attempt, so it is the whole that timed out.
            let whole =
                retry_state == RetryState::Timeout && timeout != TimeoutType::ScheduleToStart;
            let failure = if whole {
                failure::timeout(NO_TIME_LEFT, TimeoutType::ScheduleToClose)
            } else {
                failure.unwrap_or_default()
            };
            ActivityEnd::TimedOut {
                failure: with_what_was_known(&activity, failure),
                retry_state,
            }
        };
        let failure = Some(failure::timeout(
            &format!("activity {timeout:?} timeout"),
            timeout,
        ));
        if matches!(
            due,
            ActivityDue::ScheduleToClose | ActivityDue::ScheduleToStart
        ) {
            let retry_state = if activity.is_cancel_requested() {
                RetryState::CancelRequested
            } else {
                RetryState::Timeout
            };
            self.close_activity(id, or(failure, retry_state));
            self.tell_worker();
            return;
        }
        self.retry_or_close(id, failure, or);
    }
}

fn closing(id: EventId, started_event_id: EventId, end: ActivityEnd) -> Attributes {
    match end {
        ActivityEnd::Completed { result, worker } => {
            Attributes::ActivityTaskCompletedEventAttributes(Box::new(
                ActivityTaskCompletedEventAttributes {
                    result,
                    scheduled_event_id: id,
                    started_event_id,
                    identity: worker.identity,
                    ..ActivityTaskCompletedEventAttributes::default()
                },
            ))
        }
        ActivityEnd::Failed {
            failure,
            retry_state,
            worker,
        } => Attributes::ActivityTaskFailedEventAttributes(Box::new(
            ActivityTaskFailedEventAttributes {
                failure,
                scheduled_event_id: id,
                started_event_id,
                identity: worker.identity,
                retry_state: retry_state.into(),
                ..ActivityTaskFailedEventAttributes::default()
            },
        )),
        ActivityEnd::TimedOut {
            failure,
            retry_state,
        } => Attributes::ActivityTaskTimedOutEventAttributes(Box::new(
            ActivityTaskTimedOutEventAttributes {
                failure: Some(failure),
                scheduled_event_id: id,
                started_event_id,
                retry_state: retry_state.into(),
            },
        )),
        ActivityEnd::Canceled {
            details,
            requested,
            identity,
        } => Attributes::ActivityTaskCanceledEventAttributes(Box::new(
            ActivityTaskCanceledEventAttributes {
                details,
                latest_cancel_requested_event_id: requested,
                scheduled_event_id: id,
                started_event_id,
                identity,
                ..ActivityTaskCanceledEventAttributes::default()
            },
        )),
    }
}

/// When the next attempt is due, or why there is none. The order is Temporal's.
fn next_attempt(
    activity: &Activity,
    failure: Option<&Failure>,
    now: crate::history::time::Time,
) -> Result<std::time::Duration, RetryState> {
    if activity.is_cancel_requested() {
        return Err(RetryState::CancelRequested);
    }
    let unsaid = Failure::default();
    let failure = failure.unwrap_or(&unsaid);
    let policy = activity.retry_policy();
    if activity.is_paused() && policy.is_some_and(|it| retry::is_retryable(failure, it)) {
        // Somebody holds it back, and may yet give it more attempts and more time.
        return Ok(std::time::Duration::ZERO);
    }
    retry::next_interval(
        policy,
        activity.attempt,
        failure,
        now,
        activity.expiration(),
    )
}

/// The failure with the last word of the activity, and with why its last attempt failed as its cause.
fn with_what_was_known(activity: &Activity, mut failure: Failure) -> Failure {
    if let Some(FailureInfo::TimeoutFailureInfo(info)) = &mut failure.failure_info {
        let heartbeat = activity.heartbeat.as_ref();
        info.last_heartbeat_details = heartbeat.and_then(|it| it.details.clone());
    }
    failure.cause = activity.last_failure.clone().map(Box::new);
    failure
}

/// A failure that is only kept for the next attempt need not be whole.
fn kept(failure: Failure) -> Failure {
    match failure.encoded_len() > MAX_KEPT_FAILURE {
        true => failure::oversized(failure, MAX_KEPT_FAILURE, false),
        false => failure,
    }
}

/// A worker polled, and gets an activity.
#[derive(Clone, Debug)]
pub struct StartActivityTask {
    /// Which one the queue handed out.
    pub scheduled_event_id: EventId,
    /// The stamp it was queued with.
    pub stamp: i32,
    /// The worker.
    pub identity: String,
}

impl Request for StartActivityTask {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let wanted = draft
            .state()
            .activities
            .get(&self.scheduled_event_id)
            .is_some_and(|it| it.is_queued() && it.stamp == self.stamp);
        if !wanted {
            return Err(Rejection::StaleTask);
        }
        draft.start_activity(self.scheduled_event_id, &self.identity);
        Ok(())
    }
}

/// An activity has a result.
#[derive(Clone, Debug)]
pub struct CompleteActivity {
    /// Which one.
    pub activity: ActivitySelector,
    /// What it returned.
    pub result: Option<Payloads>,
    /// Who says so.
    pub worker: Worker,
}

impl Request for CompleteActivity {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        // By id even an activity that no worker has may be completed: somebody else did the work.
        let id = self.activity.find(draft.state())?;
        draft.close_activity(
            id,
            ActivityEnd::Completed {
                result: self.result,
                worker: self.worker,
            },
        );
        draft.tell_worker();
        Ok(())
    }
}

/// An attempt of an activity failed.
#[derive(Clone, Debug)]
pub struct FailActivity {
    /// Which one.
    pub activity: ActivitySelector,
    /// Why, if that is said.
    pub failure: Option<Failure>,
    /// The progress to start the next attempt from.
    pub last_heartbeat_details: Option<Payloads>,
    /// Who says so.
    pub worker: Worker,
}

impl Request for FailActivity {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let id = self.activity.find_started(draft.state())?;
        if self.last_heartbeat_details.is_some() {
            draft.change(Change::ActivityHeartbeat(ActivityHeartbeat {
                scheduled_event_id: id,
                time: draft.now().nanos(),
                details: self.last_heartbeat_details,
            }));
        }
        draft.retry_or_close(id, self.failure, |failure, retry_state| {
            ActivityEnd::Failed {
                failure,
                retry_state,
                worker: self.worker,
            }
        });
        Ok(())
    }
}

/// An activity obeyed the request to cancel.
#[derive(Clone, Debug)]
pub struct CancelActivity {
    /// Which one.
    pub activity: ActivitySelector,
    /// What it had to say.
    pub details: Option<Payloads>,
    /// Who says so.
    pub identity: String,
}

impl Request for CancelActivity {
    type Reply = ();

    fn decide(self, draft: &mut Draft<'_>) -> Result<(), Rejection> {
        let id = self.activity.find_started(draft.state())?;
        let requested = draft.state().activities[&id].cancel_requested_event_id;
        if requested == 0 {
            return Err(Rejection::InvalidArgument(
                "unable to mark activity as canceled without activity being request canceled first"
                    .to_owned(),
            ));
        }
        draft.close_activity(
            id,
            ActivityEnd::Canceled {
                details: self.details,
                requested,
                identity: self.identity,
            },
        );
        draft.tell_worker();
        Ok(())
    }
}

/// A worker says that it is still at it.
#[derive(Clone, Debug)]
pub struct RecordHeartbeat {
    /// Which activity.
    pub activity: ActivitySelector,
    /// Its progress.
    pub details: Option<Payloads>,
}

/// What the worker learns in return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeartbeatReply {
    /// Whether it should stop.
    pub cancel_requested: bool,
    /// Whether it is held back: once this attempt has ended, no other begins.
    pub paused: bool,
    /// Whether it was reset: once this attempt has ended, the first one follows.
    pub reset: bool,
}

impl Request for RecordHeartbeat {
    type Reply = HeartbeatReply;

    fn decide(self, draft: &mut Draft<'_>) -> Result<HeartbeatReply, Rejection> {
        let id = self.activity.find_started(draft.state())?;
        let activity = &draft.state().activities[&id];
        let reply = HeartbeatReply {
            cancel_requested: activity.is_cancel_requested(),
            paused: activity.is_paused(),
            reset: activity.reset.is_some(),
        };
        draft.change(Change::ActivityHeartbeat(ActivityHeartbeat {
            scheduled_event_id: id,
            time: draft.now().nanos(),
            details: self.details,
        }));
        Ok(reply)
    }
}
