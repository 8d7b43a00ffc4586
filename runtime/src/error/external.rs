//! The smaller errors of workflow operations.

use std::error::Error;
use std::fmt;

use super::Failure;

/// Why a signal or a cancellation did not reach another workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum ExternalFailure {
    /// There is no such workflow, or it is closed.
    NotFound(Box<Failure>),
    /// Its namespace does not exist.
    NamespaceNotFound(Box<Failure>),
    /// It has received as many signals as it may.
    SignalLimitExceeded(Box<Failure>),
    /// The server did not say why.
    Unknown(Box<Failure>),
    /// The workflow cancelled the request before it was sent.
    Cancelled(Box<Failure>),
}

impl ExternalFailure {
    /// The whole failure.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NotFound(it)
            | Self::NamespaceNotFound(it)
            | Self::SignalLimitExceeded(it)
            | Self::Unknown(it)
            | Self::Cancelled(it) => it,
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::NotFound(it)
            | Self::NamespaceNotFound(it)
            | Self::SignalLimitExceeded(it)
            | Self::Unknown(it)
            | Self::Cancelled(it) => *it,
        }
    }
}

impl fmt::Display for ExternalFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(f)
    }
}

impl Error for ExternalFailure {}

/// A timer or a condition ended because its scope, or the whole workflow, was cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("workflow cancelled")
    }
}

impl Error for Cancelled {}

/// A condition did not come true in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the condition did not come true in time")
    }
}

impl Error for TimedOut {}
