//! From what a method returns to what is recorded.

use crate::error::{ActivityError, Fallible, WorkflowError};

/// Errors that workflow code may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say why a workflow failed",
    label = "not a `std::error::Error`",
    note = "implement `std::error::Error + Send + Sync` for it, or return `WorkflowError`"
)]
pub trait IntoWorkflowError {
    /// The failure.
    fn into_workflow_error(self) -> WorkflowError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<WorkflowError>> IntoWorkflowError for E {
    fn into_workflow_error(self) -> WorkflowError {
        self.into()
    }
}

/// Errors that activities may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say why an activity failed",
    label = "not a `std::error::Error`",
    note = "implement `std::error::Error + Send + Sync` for it, or return `ActivityError`"
)]
pub trait IntoActivityError {
    /// The failure.
    fn into_activity_error(self) -> ActivityError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ActivityError>> IntoActivityError for E {
    fn into_activity_error(self) -> ActivityError {
        self.into()
    }
}

/// What a run method or handler returned.
///
/// # Errors
/// Its own.
pub fn workflow_result<R>(result: R) -> Result<R::Ok, WorkflowError>
where
    R: Fallible<Err: IntoWorkflowError>,
{
    result
        .into_result()
        .map_err(IntoWorkflowError::into_workflow_error)
}

/// What an activity returned.
///
/// # Errors
/// Its own.
pub fn activity_result<R>(result: R) -> Result<R::Ok, ActivityError>
where
    R: Fallible<Err: IntoActivityError>,
{
    result
        .into_result()
        .map_err(IntoActivityError::into_activity_error)
}
