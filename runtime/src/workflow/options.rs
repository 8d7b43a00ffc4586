//! Options of calls from workflow code.

use std::marker::PhantomData;
use std::time::Duration;

use super::{NoTimeout, TimeoutSet, Timeouts};
use crate::converter::Payload;
use crate::retry::RetryPolicy;

/// Options of an activity call. What is not set is the server's choice, but for one of `start_to_close` and
/// `schedule_to_close`: `T` says whether it is set here, as a call without either does not compile.
///
/// A function that returns options with a timeout returns `ActivityOptions`; one that returns others, which leave the
/// timeout to the attribute, `ActivityOptions<NoTimeout>`.
#[derive(Debug)]
#[must_use]
pub struct ActivityOptions<T = TimeoutSet> {
    settings: ActivitySettings,
    timeouts: PhantomData<fn() -> T>,
}

/// What is set of the options of an activity call.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActivitySettings {
    pub(crate) task_queue: Option<String>,
    pub(crate) activity_id: Option<String>,
    pub(crate) start_to_close: Option<Duration>,
    pub(crate) schedule_to_close: Option<Duration>,
    pub(crate) schedule_to_start: Option<Duration>,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) cancellation: Option<CancellationType>,
    pub(crate) eager: Option<bool>,
    pub(crate) summary: Option<String>,
    pub(crate) priority: crate::priority::Priority,
    pub(crate) local: Option<bool>,
    pub(crate) local_retry_threshold: Option<Duration>,
    pub(crate) headers: Vec<(String, Payload)>,
}

/// What cancelling an activity or a child means for the one who awaits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CancellationType {
    /// Ask it to cancel, and do not wait for its answer.
    #[default]
    TryCancel,
    /// Ask it to cancel, and wait for how it ends.
    WaitCancellationCompleted,
    /// Let it run, and do not wait.
    Abandon,
}

/// `$set` borrows the settings; `$with_timeout` is the type with a timeout, which `into_timeouts` makes.
macro_rules! activity_setters {
    ($set:ident, $with_timeout:ty) => {
        /// The queue of the workers that may run it; by default the workflow's own.
        pub fn task_queue(mut self, name: impl Into<String>) -> Self {
            self.$set().task_queue = Some(name.into());
            self
        }

        /// Its id, unique in the workflow; by default a number.
        pub fn activity_id(mut self, id: impl Into<String>) -> Self {
            self.$set().activity_id = Some(id.into());
            self
        }

        /// The longest that one attempt may take.
        pub fn start_to_close(mut self, timeout: impl crate::time::IntoDuration) -> $with_timeout {
            self.$set().start_to_close = Some(timeout.into_duration());
            self.into_timeouts()
        }

        /// The longest that all attempts may take together.
        pub fn schedule_to_close(
            mut self,
            timeout: impl crate::time::IntoDuration,
        ) -> $with_timeout {
            self.$set().schedule_to_close = Some(timeout.into_duration());
            self.into_timeouts()
        }

        /// The longest it may wait for a worker.
        pub fn schedule_to_start(mut self, timeout: impl crate::time::IntoDuration) -> Self {
            self.$set().schedule_to_start = Some(timeout.into_duration());
            self
        }

        /// The longest time between two heartbeats.
        pub fn heartbeat(mut self, timeout: impl crate::time::IntoDuration) -> Self {
            self.$set().heartbeat = Some(timeout.into_duration());
            self
        }

        /// How its failures are retried.
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.$set().retry = Some(policy);
            self
        }

        /// What cancelling it means for the one who awaits it.
        pub fn cancellation(mut self, cancellation: crate::workflow::CancellationType) -> Self {
            self.$set().cancellation = Some(cancellation);
            self
        }

        /// Whether this worker may start it at once, without a way through its queue.
        pub fn eager(mut self, eager: bool) -> Self {
            self.$set().eager = Some(eager);
            self
        }

        /// A line that the UI shows beside it.
        pub fn summary(mut self, text: impl Into<String>) -> Self {
            self.$set().summary = Some(text.into());
            self
        }

        crate::priority::priority_setters!($set);

        /// For a local activity: waits between retries that are longer than this are timers of the workflow.
        pub fn local_retry_threshold(mut self, threshold: impl crate::time::IntoDuration) -> Self {
            self.$set().local_retry_threshold = Some(threshold.into_duration());
            self
        }

        /// Adds a header, which interceptors of the activity's worker see.
        pub fn header(mut self, name: impl Into<String>, value: crate::converter::Payload) -> Self {
            self.$set().headers.push((name.into(), value));
            self
        }
    };
}
pub(crate) use activity_setters;

impl ActivityOptions<NoTimeout> {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Timeouts> ActivityOptions<T> {
    /// Runs the activity in the worker of the workflow, as part of the workflow task.
    pub fn local(mut self) -> Self {
        self.settings.local = Some(true);
        self
    }

    activity_setters!(set, ActivityOptions);

    pub(super) fn set(&mut self) -> &mut ActivitySettings {
        &mut self.settings
    }

    pub(super) fn into_timeouts<U>(self) -> ActivityOptions<U> {
        ActivityOptions {
            settings: self.settings,
            timeouts: PhantomData,
        }
    }

    /// These options, where set; those of `base` elsewhere.
    pub fn or<U: Timeouts>(self, base: ActivityOptions<U>) -> ActivityOptions<T::Or<U>> {
        ActivityOptions {
            settings: self.settings.or(base.settings),
            timeouts: PhantomData,
        }
    }

    pub(crate) fn into_settings(self) -> ActivitySettings {
        self.settings
    }
}

impl Default for ActivityOptions<NoTimeout> {
    fn default() -> Self {
        Self {
            settings: ActivitySettings::default(),
            timeouts: PhantomData,
        }
    }
}

impl<T> Clone for ActivityOptions<T> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            timeouts: PhantomData,
        }
    }
}

impl ActivitySettings {
    /// Whether a timeout is longer than zero, which stands for none in the protocol.
    pub(crate) fn has_timeout(&self) -> bool {
        let timeouts = [self.start_to_close, self.schedule_to_close];
        timeouts.iter().flatten().any(|timeout| !timeout.is_zero())
    }

    /// These, where set; those of `base` elsewhere.
    pub(crate) fn or(self, base: Self) -> Self {
        let mut headers = base.headers;
        headers.extend(self.headers);
        Self {
            task_queue: self.task_queue.or(base.task_queue),
            activity_id: self.activity_id.or(base.activity_id),
            start_to_close: self.start_to_close.or(base.start_to_close),
            schedule_to_close: self.schedule_to_close.or(base.schedule_to_close),
            schedule_to_start: self.schedule_to_start.or(base.schedule_to_start),
            heartbeat: self.heartbeat.or(base.heartbeat),
            retry: self.retry.or(base.retry),
            cancellation: self.cancellation.or(base.cancellation),
            eager: self.eager.or(base.eager),
            summary: self.summary.or(base.summary),
            priority: self.priority.or(base.priority),
            local: self.local.or(base.local),
            local_retry_threshold: self.local_retry_threshold.or(base.local_retry_threshold),
            headers,
        }
    }
}
