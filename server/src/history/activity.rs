//! A pending activity.

use std::{sync::Arc, time::Duration};

use mainspring_proto::{
    activity::v1::ActivityOptions,
    common::v1::{Payloads, Priority, RetryPolicy},
    failure::v1::Failure,
    history::v1::{ActivityTaskScheduledEventAttributes, history_event::Attributes},
    prost::Message,
    taskqueue::v1::TaskQueue,
};

use super::{
    deadline::{Deadline, Due},
    event::Event,
    ids::EventId,
    time::{Time, duration, tighter},
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
    /// Which attempt it is at, whatever becomes of the activity meanwhile.
    pub attempt: i32,
}

/// Who holds an activity back: no attempt begins meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityPause {
    /// Since when.
    pub time: Time,
    /// Who asked for it.
    pub identity: String,
    /// Why.
    pub reason: String,
    /// The request, for deduplication.
    pub request_id: String,
}

/// An activity was reset while a worker was at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityReset {
    /// Whether the next attempt begins without the progress of this one.
    pub forgets_heartbeat: bool,
}

/// How long an activity may take; zero is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// With all attempts.
    pub schedule_to_close: Duration,
    /// For an attempt to be taken by a worker.
    pub schedule_to_start: Duration,
    /// For one attempt.
    pub start_to_close: Duration,
    /// From one heartbeat to the next.
    pub heartbeat: Duration,
}

impl Timeouts {
    /// Missing ones filled from each other, and none longer than the run; `None` if neither the whole
    /// nor an attempt has an end.
    pub fn filled(self, run: Duration) -> Option<Self> {
        let (schedule_to_close, start_to_close) =
            match (self.schedule_to_close, self.start_to_close) {
                (Duration::ZERO, Duration::ZERO) => return None,
                (Duration::ZERO, attempt) => (run, tighter(attempt, run)),
                (whole, attempt) => {
                    let whole = tighter(whole, run);
                    (whole, tighter(attempt, whole))
                }
            };
        Some(Self {
            schedule_to_close,
            schedule_to_start: tighter(self.schedule_to_start, schedule_to_close),
            start_to_close,
            heartbeat: self.heartbeat.min(start_to_close),
        })
    }
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
    /// From when its whole time counts: since it was scheduled, or reset.
    pub counts_from: Time,
    /// Its options, once they were changed.
    pub options: Option<Arc<ActivityOptions>>,
    /// Set while it is held back.
    pub pause: Option<ActivityPause>,
    /// Set while a worker is at an attempt from before a reset.
    pub reset: Option<ActivityReset>,
}

/// Which timeout of an activity is meant. Of two at the same time the first of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActivityDue {
    /// The back-off has passed.
    Retry,
    /// The attempt took too long.
    StartToClose,
    /// No worker took it in time.
    ScheduleToStart,
    /// The total time is up.
    ScheduleToClose,
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
            counts_from: scheduled.time(),
            options: None,
            pause: None,
            reset: None,
            scheduled,
        }
    }

    /// What it holds of its attempts, in bytes: the event that scheduled it is held by the history.
    pub fn size(&self) -> usize {
        let details = self.heartbeat.as_ref().and_then(|it| it.details.as_ref());
        details.map_or(0, Message::encoded_len)
            + self.last_failure.as_ref().map_or(0, Message::encoded_len)
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

    /// What it does.
    pub fn activity_type(&self) -> &str {
        let kind = self.attributes().activity_type.as_ref();
        kind.map_or("", |kind| &kind.name)
    }

    /// Its scheduled event's id, the key under which it is pending.
    pub fn scheduled_event_id(&self) -> EventId {
        self.scheduled.id()
    }

    /// Its policy; the server gives every activity one.
    pub fn retry_policy(&self) -> Option<&RetryPolicy> {
        match &self.options {
            Some(options) => options.retry_policy.as_ref(),
            None => self.attributes().retry_policy.as_ref(),
        }
    }

    /// The queue of its tasks.
    pub fn task_queue(&self) -> &str {
        let queue = match &self.options {
            Some(options) => &options.task_queue,
            None => &self.attributes().task_queue,
        };
        queue.as_ref().map_or("", |queue| &queue.name)
    }

    /// How its tasks compare to others.
    pub fn priority(&self) -> &Option<Priority> {
        match &self.options {
            Some(options) => &options.priority,
            None => &self.attributes().priority,
        }
    }

    /// How long it may take.
    pub fn timeouts(&self) -> Timeouts {
        let of = |[to_close, to_start, attempt, heartbeat]: [&Option<_>; 4]| Timeouts {
            schedule_to_close: duration(to_close),
            schedule_to_start: duration(to_start),
            start_to_close: duration(attempt),
            heartbeat: duration(heartbeat),
        };
        match &self.options {
            Some(it) => of([
                &it.schedule_to_close_timeout,
                &it.schedule_to_start_timeout,
                &it.start_to_close_timeout,
                &it.heartbeat_timeout,
            ]),
            None => {
                let it = self.attributes();
                of([
                    &it.schedule_to_close_timeout,
                    &it.schedule_to_start_timeout,
                    &it.start_to_close_timeout,
                    &it.heartbeat_timeout,
                ])
            }
        }
    }

    /// The options it has now.
    pub fn options(&self) -> ActivityOptions {
        if let Some(options) = &self.options {
            return (**options).clone();
        }
        let it = self.attributes();
        let queue = it.task_queue.as_ref().map_or("", |queue| &queue.name);
        ActivityOptions {
            task_queue: Some(TaskQueue {
                name: queue.to_owned(),
                normal_name: queue.to_owned(),
                ..TaskQueue::default()
            }),
            schedule_to_close_timeout: it.schedule_to_close_timeout,
            schedule_to_start_timeout: it.schedule_to_start_timeout,
            start_to_close_timeout: it.start_to_close_timeout,
            heartbeat_timeout: it.heartbeat_timeout,
            retry_policy: it.retry_policy.clone(),
            priority: it.priority.clone(),
            ..ActivityOptions::default()
        }
    }

    /// The attempt that a worker is at, or the one to come.
    pub fn current_attempt(&self) -> i32 {
        self.start.as_ref().map_or(self.attempt, |it| it.attempt)
    }

    /// Whether it waits for a worker to take it.
    pub fn is_queued(&self) -> bool {
        !self.is_started() && !self.backing_off && !self.is_paused()
    }

    /// Whether it is held back.
    pub fn is_paused(&self) -> bool {
        self.pause.is_some()
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
        let timeout = self.timeouts().schedule_to_close;
        (!timeout.is_zero()).then(|| self.counts_from.after(timeout))
    }

    /// What is due next, and when.
    pub fn next_due(&self) -> Option<(Time, ActivityDue)> {
        let timeouts = self.timeouts();
        let after = |from: Time, timeout: Duration, due| {
            (!timeout.is_zero()).then(|| (from.after(timeout), due))
        };
        let whole = after(
            self.counts_from,
            timeouts.schedule_to_close,
            ActivityDue::ScheduleToClose,
        );
        let attempt = match &self.start {
            Some(start) => {
                let alive = self
                    .heartbeat
                    .as_ref()
                    .map_or(start.time, |it| it.time.max(start.time));
                [
                    after(
                        start.time,
                        timeouts.start_to_close,
                        ActivityDue::StartToClose,
                    ),
                    after(alive, timeouts.heartbeat, ActivityDue::Heartbeat),
                ]
            }
            None if self.is_paused() => [None, None],
            None if self.backing_off => [
                Some((self.attempt_scheduled_time, ActivityDue::Retry)),
                None,
            ],
            None => [
                after(
                    self.attempt_scheduled_time,
                    timeouts.schedule_to_start,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(given: [u64; 4], run: u64) -> Option<[u64; 4]> {
        let [
            schedule_to_close,
            schedule_to_start,
            start_to_close,
            heartbeat,
        ] = given.map(Duration::from_secs);
        let timeouts = Timeouts {
            schedule_to_close,
            schedule_to_start,
            start_to_close,
            heartbeat,
        };
        let filled = timeouts.filled(Duration::from_secs(run))?;
        let all = [
            filled.schedule_to_close,
            filled.schedule_to_start,
            filled.start_to_close,
            filled.heartbeat,
        ];
        Some(all.map(|it| it.as_secs()))
    }

    #[test]
    fn missing_timeouts_are_filled_and_none_outlasts_the_run() {
        // Schedule to close, schedule to start, start to close, heartbeat.
        for (given, run, expected) in [
            ([0, 0, 0, 0], 100, None),
            ([0, 5, 0, 5], 100, None),
            ([0, 0, 10, 0], 0, Some([0, 0, 10, 0])),
            ([0, 0, 10, 0], 100, Some([100, 100, 10, 0])),
            ([0, 0, 200, 0], 100, Some([100, 100, 100, 0])),
            ([30, 0, 0, 0], 0, Some([30, 30, 30, 0])),
            ([30, 40, 50, 60], 0, Some([30, 30, 30, 30])),
            ([30, 20, 10, 5], 100, Some([30, 20, 10, 5])),
            ([300, 200, 150, 0], 100, Some([100, 100, 100, 0])),
        ] {
            assert_eq!(filled(given, run), expected, "{given:?} in {run}");
        }
    }
}
