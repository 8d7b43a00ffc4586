//! How failures are retried.

use std::time::Duration;

use mainspring_proto::common::v1 as proto;

use crate::time::{IntoDuration, duration_from_proto, duration_to_proto};

/// How failures of an activity or a workflow are retried; Temporal's `RetryPolicy`. What is not set is the server's
/// choice: 1 s, doubling up to 100 s, without end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetryPolicy {
    initial_interval: Option<Duration>,
    backoff_coefficient: Option<f64>,
    maximum_interval: Option<Duration>,
    maximum_attempts: u32,
    non_retryable_error_types: Vec<String>,
}

impl RetryPolicy {
    /// The server's choice in all.
    pub fn new() -> Self {
        Self::default()
    }

    /// One attempt, no retry.
    pub fn none() -> Self {
        Self::new().maximum_attempts(1)
    }

    /// The wait before the first retry.
    #[must_use]
    pub fn initial_interval(mut self, interval: impl IntoDuration) -> Self {
        self.initial_interval = Some(interval.into_duration());
        self
    }

    /// How much longer each wait is than the one before; at least 1.
    #[must_use]
    pub fn backoff_coefficient(mut self, coefficient: f64) -> Self {
        self.backoff_coefficient = Some(coefficient);
        self
    }

    /// The longest wait.
    #[must_use]
    pub fn maximum_interval(mut self, interval: impl IntoDuration) -> Self {
        self.maximum_interval = Some(interval.into_duration());
        self
    }

    /// How many attempts in all; 0 means as many as the timeouts allow.
    #[must_use]
    pub fn maximum_attempts(mut self, attempts: u32) -> Self {
        self.maximum_attempts = attempts;
        self
    }

    /// Types of failures that are not retried.
    #[must_use]
    pub fn non_retryable<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.non_retryable_error_types
            .extend(types.into_iter().map(Into::into));
        self
    }

    pub(crate) fn to_proto(&self) -> proto::RetryPolicy {
        proto::RetryPolicy {
            initial_interval: self.initial_interval.map(duration_to_proto),
            backoff_coefficient: self.backoff_coefficient.unwrap_or_default(),
            maximum_interval: self.maximum_interval.map(duration_to_proto),
            maximum_attempts: i32::try_from(self.maximum_attempts).unwrap_or(i32::MAX),
            non_retryable_error_types: self.non_retryable_error_types.clone(),
        }
    }

    pub(crate) fn from_proto(from: proto::RetryPolicy) -> Self {
        Self {
            initial_interval: from.initial_interval.map(duration_from_proto),
            backoff_coefficient: (from.backoff_coefficient > 0.0)
                .then_some(from.backoff_coefficient),
            maximum_interval: from.maximum_interval.map(duration_from_proto),
            maximum_attempts: u32::try_from(from.maximum_attempts).unwrap_or(0),
            non_retryable_error_types: from.non_retryable_error_types,
        }
    }

    /// The wait before the attempt after `attempt` (counted from 1), or `None` if there is to be none.
    pub(crate) fn next_delay(&self, attempt: u32, error_type: &str) -> Option<Duration> {
        if self.maximum_attempts > 0 && attempt >= self.maximum_attempts {
            return None;
        }
        let refused = &self.non_retryable_error_types;
        if !error_type.is_empty() && refused.iter().any(|it| it == error_type) {
            return None;
        }
        let initial = self.initial_interval.unwrap_or(Duration::from_secs(1));
        let maximum = self
            .maximum_interval
            .unwrap_or_else(|| initial.saturating_mul(100));
        let coefficient = self.backoff_coefficient.unwrap_or(2.0);
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = initial.as_secs_f64() * coefficient.powi(exponent);
        Some(Duration::try_from_secs_f64(wait).map_or(maximum, |it| it.min(maximum)))
    }
}
