//! The error of activity code, and what its caller sees.

use std::error::Error;
use std::fmt;

use super::classify::to_failure;
use super::{Failure, FailureKind, RetryState, TimeoutKind};
use crate::converter::{ConverterError, EncodedValues, Value};

/// Why activity code did not return a value.
///
/// Any `std::error::Error` converts into it with `?`, as for [`WorkflowError`](super::WorkflowError).
pub struct ActivityError(pub(crate) Box<ActivityErrorKind>);

#[derive(Debug)]
pub(crate) enum ActivityErrorKind {
    Failure(Box<Failure>),
    /// The result comes later, by the task token.
    WillCompleteAsync,
    /// Its process was killed because its time was over, which the server finds out by its own clock.
    TimedOut,
}

impl ActivityError {
    /// A failure that the retry policy decides on.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::from_failure(Failure::application(error_type, message))
    }

    /// Passes a failure on as it is.
    pub fn from_failure(failure: Failure) -> Self {
        Self(Box::new(ActivityErrorKind::Failure(Box::new(failure))))
    }

    /// The answer to a cancellation: the activity ends as cancelled.
    pub fn cancelled() -> Self {
        Self::from_failure(Failure::canceled("activity cancelled"))
    }

    pub(crate) fn will_complete_async() -> Self {
        Self(Box::new(ActivityErrorKind::WillCompleteAsync))
    }

    #[cfg(unix)]
    pub(crate) fn timed_out() -> Self {
        Self(Box::new(ActivityErrorKind::TimedOut))
    }

    /// Whether it is what [`complete_async`](crate::activity::complete_async) returns.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn is_complete_async(&self) -> bool {
        matches!(*self.0, ActivityErrorKind::WillCompleteAsync)
    }

    pub(crate) fn into_failure(self) -> Failure {
        match *self.0 {
            ActivityErrorKind::Failure(failure) => *failure,
            ActivityErrorKind::WillCompleteAsync => {
                Failure::application("WillCompleteAsync", "the activity completes later")
            }
            ActivityErrorKind::TimedOut => Failure::application(
                "Timeout",
                "the process of the activity was killed: its time was over",
            ),
        }
    }

    pub(crate) fn into_kind(self) -> ActivityErrorKind {
        *self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ActivityError {
    fn from(error: E) -> Self {
        Self::from_failure(to_failure(error))
    }
}

impl fmt::Debug for ActivityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ActivityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            ActivityErrorKind::Failure(failure) => failure.fmt(f),
            ActivityErrorKind::WillCompleteAsync => f.write_str("the activity completes later"),
            ActivityErrorKind::TimedOut => f.write_str("the time of the activity was over"),
        }
    }
}

/// How an activity failed, as the workflow that called it sees it.
///
/// Each variant carries the whole [`Failure`], which is what `?` passes on.
#[derive(Clone, Debug, PartialEq)]
pub enum ActivityFailure {
    /// Its code failed, and is not retried (any more).
    Application(Box<Failure>),
    /// It took too long.
    Timeout(TimeoutKind, Box<Failure>),
    /// It was cancelled.
    Cancelled(Box<Failure>),
    /// The server gave up on it.
    Server(Box<Failure>),
}

impl ActivityFailure {
    /// Sorts a recorded failure.
    pub fn from_failure(failure: Failure) -> Self {
        let kind = match &failure.kind {
            FailureKind::Activity { .. } => failure.cause.as_ref().map(|it| &it.kind),
            kind => Some(kind),
        };
        match kind {
            Some(FailureKind::Timeout { kind, .. }) => Self::Timeout(*kind, Box::new(failure)),
            Some(FailureKind::Canceled { .. }) => Self::Cancelled(Box::new(failure)),
            Some(FailureKind::Server { .. } | FailureKind::Terminated { .. }) => {
                Self::Server(Box::new(failure))
            }
            _ => Self::Application(Box::new(failure)),
        }
    }

    /// The whole failure.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Application(it)
            | Self::Timeout(_, it)
            | Self::Cancelled(it)
            | Self::Server(it) => it,
        }
    }

    /// The type of the application failure; empty for the other variants.
    pub fn error_type(&self) -> &str {
        match self {
            Self::Application(failure) => cause_of(failure).error_type(),
            _ => "",
        }
    }

    /// The values that the activity attached to its failure, or reported last before it timed out.
    pub fn details(&self) -> EncodedValues {
        match &cause_of(self.failure()).kind {
            FailureKind::Application { details, .. } | FailureKind::Canceled { details, .. } => {
                details.clone()
            }
            FailureKind::Timeout { last_heartbeat, .. } => last_heartbeat.clone(),
            _ => EncodedValues::default(),
        }
    }

    /// The first of the attached values.
    ///
    /// # Errors
    /// If there is none, or it does not decode as `T`.
    pub fn detail<T: Value>(&self) -> Result<T, ConverterError> {
        self.details().get(0)
    }

    /// Why the server did not retry again.
    pub fn retry_state(&self) -> RetryState {
        match self.failure().kind {
            FailureKind::Activity { retry_state, .. } => retry_state,
            _ => RetryState::Unspecified,
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled(_))
    }

    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Application(it)
            | Self::Timeout(_, it)
            | Self::Cancelled(it)
            | Self::Server(it) => *it,
        }
    }
}

/// What an activity's failure tells of: its cause, where the server wrapped it.
fn cause_of(failure: &Failure) -> &Failure {
    match (&failure.kind, &failure.cause) {
        (FailureKind::Activity { .. }, Some(cause)) => cause,
        _ => failure,
    }
}

impl fmt::Display for ActivityFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = self.failure();
        let what = match &failure.kind {
            FailureKind::Activity { activity_type, .. } => activity_type.as_str(),
            _ => "activity",
        };
        match self {
            Self::Application(_) => write!(f, "activity `{what}` failed: {}", cause_of(failure)),
            Self::Timeout(kind, _) => write!(f, "activity `{what}` timed out: {kind}"),
            Self::Cancelled(_) => write!(f, "activity `{what}` was cancelled"),
            Self::Server(_) => write!(
                f,
                "activity `{what}` failed in the server: {}",
                cause_of(failure)
            ),
        }
    }
}

impl Error for ActivityFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        cause_of(self.failure()).source()
    }
}
