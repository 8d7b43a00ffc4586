//! The error to return when the caller should be able to match on it.

use std::error::Error;
use std::fmt;

use crate::converter::{DataConverter, EncodedValues, Value};
use crate::error::{Failure, FailureKind};
use crate::time::IntoDuration;

/// An application failure with a type of your choice; Temporal's `ApplicationFailure`.
///
/// ```
/// use mainspring::ApplicationError;
/// let error = ApplicationError::non_retryable("OutOfStock", "no widgets left").details(7);
/// assert_eq!(error.to_string(), "OutOfStock: no widgets left");
/// ```
#[derive(Debug)]
pub struct ApplicationError {
    failure: Failure,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// How loudly the server and its metrics report an application failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorCategory {
    /// As an error.
    #[default]
    Unspecified,
    /// As part of normal operation: not counted or logged as an error.
    Benign,
}

impl ApplicationError {
    /// A failure that the retry policy decides on.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            failure: Failure::application(error_type, message),
            source: None,
        }
    }

    /// A failure that is never retried.
    pub fn non_retryable(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::new(error_type, message);
        if let FailureKind::Application { non_retryable, .. } = &mut error.failure.kind {
            *non_retryable = true;
        }
        error
    }

    /// Retries after this delay, whatever the retry policy says.
    ///
    /// # Panics
    /// If a text is not a duration.
    #[must_use]
    pub fn next_retry_delay(mut self, delay: impl IntoDuration) -> Self {
        if let FailureKind::Application {
            next_retry_delay, ..
        } = &mut self.failure.kind
        {
            *next_retry_delay = Some(delay.into_duration());
        }
        self
    }

    /// Attaches one more value, which the caller can decode.
    ///
    /// # Panics
    /// If the value does not encode.
    #[must_use]
    pub fn details<T: Value>(mut self, value: T) -> Self {
        if let FailureKind::Application { details, .. } = &mut self.failure.kind {
            match DataConverter::current().to_payload(&value) {
                Ok(payload) => details.push(payload),
                Err(error) => panic!("the details of an application error do not encode: {error}"),
            }
        }
        self
    }

    /// How loudly to report it.
    #[must_use]
    pub fn category(mut self, to: ErrorCategory) -> Self {
        if let FailureKind::Application { category, .. } = &mut self.failure.kind {
            *category = match to {
                ErrorCategory::Unspecified => 0,
                ErrorCategory::Benign => super::failure::BENIGN,
            };
        }
        self
    }

    /// What caused it; recorded as the failure's cause.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(cause.into());
        self
    }

    /// The type to match on.
    pub fn error_type(&self) -> &str {
        self.failure.error_type()
    }

    /// The values attached so far.
    pub fn encoded_details(&self) -> EncodedValues {
        match &self.failure.kind {
            FailureKind::Application { details, .. } => details.clone(),
            _ => EncodedValues::default(),
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        let mut failure = self.failure;
        if let Some(source) = self.source {
            failure.cause = Some(Box::new(super::classify::from_source(source.as_ref())));
        }
        failure
    }
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl Error for ApplicationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &dyn Error)
    }
}
