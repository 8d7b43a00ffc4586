//! A pending activity.

use std::{sync::Arc, time::Duration};

use mainspring_proto::{
    common::v1::{Payloads, RetryPolicy},
    failure::v1::Failure,
    history::v1::{ActivityTaskScheduledEventAttributes, history_event::Attributes},
};

use super::{
    deadline::{Deadline, Due},
    event::Event,
    ids::EventId,
    time::{Time, duration},
};

/// The attempt that a worker is at.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityStart {
    /// When it got the task.
    pub time: Time,
    /// Who got it.
    pub identity: String,
    /// The poll that got it.
    pub request_id: String,
}

/// The last word from the worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    /// When it came.
    pub time: Time,
    /// What it carried.
    pub details: Option<Payloads>,
}

/// An activity that is scheduled, running, or waiting for its next attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its ActivityTaskScheduled event.
    pub scheduled: Arc<Event>,
    /// From 1.
    pub attempt: i32,
    /// Grows whenever an earlier task for this activity must not be started any more.
    pub stamp: i32,
    /// When the current attempt was, or is to be, handed to the queue.
    pub attempt_scheduled_time: Time,
    /// Whether the current attempt still waits for its back-off to pass.
    pub backing_off: bool,
    /// Set while a worker has it.
    pub start: Option<ActivityStart>,
    /// The last heartbeat of any attempt.
    pub heartbeat: Option<Heartbeat>,
    /// The ActivityTaskCancelRequested event; 0 if there is none.
    pub cancel_requested_event_id: EventId,
    /// Why the previous attempt failed.
    pub last_failure: Option<Failure>,
    /// Who ran the last attempt.
    pub last_worker_identity: String,
    /// When the previous attempt ended.
    pub last_attempt_complete_time: Time,
}

/// Which timeout of an activity is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivityDue {
    /// The back-off has passed.
    Retry,
    /// The total time is up.
    ScheduleToClose,
    /// No worker took it in time.
    ScheduleToStart,
    /// The attempt took too long.
    StartToClose,
    /// The worker fell silent.
    Heartbeat,
}

impl Activity {
    /// A newly scheduled activity.
    pub fn new(scheduled: Arc<Event>) -> Self {
        Self {
            attempt: 1,
            stamp: 0,
            attempt_scheduled_time: scheduled.time(),
            backing_off: false,
            start: None,
            heartbeat: None,
            cancel_requested_event_id: 0,
            last_failure: None,
            last_worker_identity: String::new(),
            last_attempt_complete_time: Time::ZERO,
            scheduled,
        }
    }

    /// What it was scheduled with.
    ///
    /// # Panics
    /// Never: an `Activity` is only made from an ActivityTaskScheduled event.
    pub fn attributes(&self) -> &ActivityTaskScheduledEventAttributes {
        match self.scheduled.attributes() {
            Some(Attributes::ActivityTaskScheduledEventAttributes(attributes)) => attributes,
            other => unreachable!("an activity was made from {other:?}"),
        }
    }

    /// Its scheduled event's id, the key under which it is pending.
    pub fn scheduled_event_id(&self) -> EventId {
        self.scheduled.id()
    }

    /// Its policy; the server gives every activity one.
    pub fn retry_policy(&self) -> Option<&RetryPolicy> {
        self.attributes().retry_policy.as_ref()
    }

    /// Whether a worker has it.
    pub fn is_started(&self) -> bool {
        self.start.is_some()
    }

    /// Whether its cancellation was requested.
    pub fn is_cancel_requested(&self) -> bool {
        self.cancel_requested_event_id != 0
    }

    /// When the total time is up.
    pub fn expiration(&self) -> Option<Time> {
        let timeout = duration(&self.attributes().schedule_to_close_timeout);
        (!timeout.is_zero()).then(|| self.scheduled.time().after(timeout))
    }

    /// What is due next, and when.
    pub fn next_due(&self) -> Option<(Time, ActivityDue)> {
        let attributes = self.attributes();
        let after = |from: Time, timeout: &Option<_>, due| {
            let timeout: Duration = duration(timeout);
            (!timeout.is_zero()).then(|| (from.after(timeout), due))
        };
        let whole = self
            .expiration()
            .map(|at| (at, ActivityDue::ScheduleToClose));
        let attempt = match &self.start {
            Some(start) => {
                let alive = self
                    .heartbeat
                    .as_ref()
                    .map_or(start.time, |it| it.time.max(start.time));
                [
                    after(
                        start.time,
                        &attributes.start_to_close_timeout,
                        ActivityDue::StartToClose,
                    ),
                    after(alive, &attributes.heartbeat_timeout, ActivityDue::Heartbeat),
                ]
            }
            None if self.backing_off => [
                Some((self.attempt_scheduled_time, ActivityDue::Retry)),
                None,
            ],
            None => [
                after(
                    self.attempt_scheduled_time,
                    &attributes.schedule_to_start_timeout,
                    ActivityDue::ScheduleToStart,
                ),
                None,
            ],
        };
        [whole].into_iter().chain(attempt).flatten().min()
    }

    /// Its entry in the run's deadlines.
    pub fn deadline(&self) -> Option<Deadline> {
        self.next_due().map(|(at, _)| Deadline {
            at,
            what: Due::Activity(self.scheduled_event_id()),
        })
    }
}
