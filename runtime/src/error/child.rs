//! What the parent of a failed child workflow sees.

use std::error::Error;
use std::fmt;

use super::{Failure, FailureKind};

/// How a child workflow failed, as its parent sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum ChildFailure {
    /// Its code failed.
    Application(Box<Failure>),
    /// It ran longer than its timeouts allow.
    Timeout(Box<Failure>),
    /// It was cancelled.
    Cancelled(Box<Failure>),
    /// It was terminated.
    Terminated(Box<Failure>),
    /// It did not start, because a workflow of that id exists already.
    AlreadyExists(Box<Failure>),
    /// It did not start, because its namespace does not exist.
    NamespaceNotFound(Box<Failure>),
    /// The server gave up on it.
    Server(Box<Failure>),
}

impl ChildFailure {
    /// Sorts a recorded failure.
    pub fn from_failure(failure: Failure) -> Self {
        let kind = match &failure.kind {
            FailureKind::ChildWorkflow { .. } => failure.cause.as_ref().map(|it| &it.kind),
            kind => Some(kind),
        };
        match kind {
            Some(FailureKind::Timeout { .. }) => Self::Timeout(Box::new(failure)),
            Some(FailureKind::Canceled { .. }) => Self::Cancelled(Box::new(failure)),
            Some(FailureKind::Terminated { .. }) => Self::Terminated(Box::new(failure)),
            Some(FailureKind::Server { .. }) => Self::Server(Box::new(failure)),
            _ => Self::Application(Box::new(failure)),
        }
    }

    /// The whole failure.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Application(it)
            | Self::Timeout(it)
            | Self::Cancelled(it)
            | Self::Terminated(it)
            | Self::AlreadyExists(it)
            | Self::NamespaceNotFound(it)
            | Self::Server(it) => it,
        }
    }

    /// The type of the application failure; empty for the other variants.
    pub fn error_type(&self) -> &str {
        match self {
            Self::Application(failure) => match &failure.cause {
                Some(cause) => cause.error_type(),
                None => failure.error_type(),
            },
            _ => "",
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Application(it)
            | Self::Timeout(it)
            | Self::Cancelled(it)
            | Self::Terminated(it)
            | Self::AlreadyExists(it)
            | Self::NamespaceNotFound(it)
            | Self::Server(it) => *it,
        }
    }
}

impl fmt::Display for ChildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(f)
    }
}

impl Error for ChildFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure().source()
    }
}
