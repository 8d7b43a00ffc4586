//! The error of workflow code.

use std::error::Error;
use std::fmt;

use super::classify::{take, to_failure};
use super::{Failure, FailureKind};
use crate::converter::Payload;

/// Why workflow code did not return a value: a failure, a cancellation, or its wish to continue as new.
///
/// Any `std::error::Error` converts into it with `?`: errors of this crate keep their structure, others become an
/// application failure whose type is the name of the error's type, with the chain of sources as causes. It does not
/// implement `Error` itself, as that would rule the conversion out.
///
/// An error that workflow code returns fails the *workflow*. A panic fails only the workflow *task*, which is tried
/// again, so that a mistake in code can be mended while the workflow waits.
pub struct WorkflowError(pub(crate) Box<WorkflowErrorKind>);

#[derive(Debug)]
pub(crate) enum WorkflowErrorKind {
    Failure(Failure),
    ContinueAsNew(ContinueAsNew),
}

/// The wish to go on in a new run with an empty history.
#[derive(Debug, Clone, Default)]
pub struct ContinueAsNew {
    pub(crate) workflow_type: Option<String>,
    pub(crate) task_queue: Option<String>,
    pub(crate) input: Vec<Payload>,
    pub(crate) run_timeout: Option<std::time::Duration>,
    pub(crate) task_timeout: Option<std::time::Duration>,
    pub(crate) retry: Option<crate::RetryPolicy>,
    pub(crate) memo: std::collections::BTreeMap<String, Payload>,
    pub(crate) search_attributes: std::collections::BTreeMap<String, Payload>,
}

impl WorkflowError {
    /// An application failure of a type.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::from_failure(Failure::application(error_type, message))
    }

    /// Passes a failure on as it is.
    pub fn from_failure(failure: Failure) -> Self {
        Self(Box::new(WorkflowErrorKind::Failure(failure)))
    }

    /// The failure that will be recorded; `None` if this is the wish to continue as new.
    pub fn failure(&self) -> Option<&Failure> {
        match &*self.0 {
            WorkflowErrorKind::Failure(failure) => Some(failure),
            WorkflowErrorKind::ContinueAsNew(_) => None,
        }
    }

    /// Whether this tells of a cancellation, of the workflow or of something that it waited for.
    pub fn is_cancellation(&self) -> bool {
        self.failure().is_some_and(Failure::is_cancellation)
    }

    /// The type of the application failure that this is or that caused it, for matching.
    pub fn error_type(&self) -> &str {
        let mut at = self.failure();
        while let Some(failure) = at {
            if let FailureKind::Application { error_type, .. } = &failure.kind {
                return error_type;
            }
            at = failure.cause.as_deref();
        }
        ""
    }

    pub(crate) fn continue_as_new(with: ContinueAsNew) -> Self {
        Self(Box::new(WorkflowErrorKind::ContinueAsNew(with)))
    }

    pub(crate) fn into_kind(self) -> WorkflowErrorKind {
        *self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for WorkflowError {
    fn from(error: E) -> Self {
        let mut slot = Some(error);
        if let Some(failure) = take::<E, Failure>(&mut slot) {
            return Self::from_failure(failure);
        }
        let error = slot.expect("the branch above has not taken the error");
        Self::from_failure(to_failure(error))
    }
}

impl From<super::ActivityError> for WorkflowError {
    fn from(error: super::ActivityError) -> Self {
        Self::from_failure(error.into_failure())
    }
}

impl fmt::Debug for WorkflowError {
    /// The whole chain, since this is what `fn main() -> Result<()>` prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut at = self.failure().and_then(|it| it.cause.as_deref());
        while let Some(cause) = at {
            write!(f, "\n  caused by: {cause}")?;
            at = cause.cause.as_deref();
        }
        Ok(())
    }
}

impl fmt::Display for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            WorkflowErrorKind::Failure(failure) => failure.fmt(f),
            WorkflowErrorKind::ContinueAsNew(_) => f.write_str("the workflow continues as new"),
        }
    }
}
