//! Going on in a new run.

use std::time::Duration;

use super::{SearchAttributes, WorkflowType, encoded_args, encoded_value};
use crate::converter::{Args, Value};
use crate::engine::context;
use crate::error::{ContinueAsNew, Result, WorkflowError};
use crate::retry::RetryPolicy;
use crate::time::IntoDuration;

/// Ends this run and goes on in a new one with an empty history and these arguments; return what this returns.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[workflow]
/// async fn count(from: u32) -> Result<u32> {
///     for page in from.. {
///         workflow::sleep("1h").await?;
///         if workflow::continue_as_new_suggested() {
///             return workflow::continue_as_new((page + 1,));
///         }
///     }
///     Ok(from)
/// }
/// ```
///
/// # Errors
/// Always: the error is what tells the engine.
///
/// # Panics
/// Outside workflow code, or if an argument does not encode.
#[track_caller]
pub fn continue_as_new<A: Args, T>(args: A) -> Result<T> {
    ContinueAsNewCall::new(args).now()
}

/// Whether the server finds that the history has grown long enough to continue as new.
///
/// # Panics
/// Outside workflow code.
pub fn continue_as_new_suggested() -> bool {
    context::with("workflow::continue_as_new_suggested", |run| {
        run.continue_as_new_suggested()
    })
}

/// The wish to continue as new, with other options than those of this run.
#[derive(Debug)]
#[must_use = "return `now()` from the run method"]
pub struct ContinueAsNewCall {
    with: ContinueAsNew,
}

impl ContinueAsNewCall {
    /// With these arguments.
    ///
    /// # Panics
    /// Outside workflow code, or if an argument does not encode.
    #[track_caller]
    pub fn new<A: Args>(args: A) -> Self {
        let input = context::with("workflow::continue_as_new", |run| {
            encoded_args(run, "continue_as_new", &args)
        });
        Self {
            with: ContinueAsNew {
                input,
                ..ContinueAsNew::default()
            },
        }
    }

    /// As another workflow type.
    pub fn workflow_type<M: WorkflowType>(self) -> Self {
        self.workflow_type_named(M::NAME)
    }

    /// As another workflow type, by its name.
    pub fn workflow_type_named(mut self, name: impl Into<String>) -> Self {
        self.with.workflow_type = Some(name.into());
        self
    }

    /// On another task queue.
    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.with.task_queue = Some(name.into());
        self
    }

    /// The longest that the new run may take.
    pub fn run_timeout(mut self, timeout: impl IntoDuration) -> Self {
        self.with.run_timeout = Some(timeout.into_duration());
        self
    }

    /// The longest that one workflow task of the new run may take.
    pub fn task_timeout(mut self, timeout: impl IntoDuration) -> Self {
        let timeout: Duration = timeout.into_duration();
        self.with.task_timeout = Some(timeout);
        self
    }

    /// How failures of the new run are retried.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.with.retry = Some(policy);
        self
    }

    /// Replaces the memo; values that are not named are gone.
    ///
    /// # Panics
    /// If the value does not encode.
    pub fn memo<T: Value>(mut self, name: impl Into<String>, value: T) -> Self {
        let payload = encoded_value("a memo", &value);
        self.with.memo.insert(name.into(), payload);
        self
    }

    /// Replaces the search attributes; values that are not named are gone.
    pub fn search_attributes(mut self, attributes: SearchAttributes) -> Self {
        self.with.search_attributes = attributes.into_fields();
        self
    }

    /// The error to return from the run method.
    ///
    /// # Errors
    /// Always: the error is what tells the engine.
    pub fn now<T>(self) -> Result<T> {
        Err(WorkflowError::continue_as_new(self.with))
    }
}
