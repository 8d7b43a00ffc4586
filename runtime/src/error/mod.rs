//! Errors: what code returns, what a call yields, and the failure tree that travels on the wire.

mod activity;
mod application;
mod child;
mod classify;
mod external;
mod failure;
mod fallible;
mod workflow;

pub use activity::{ActivityError, ActivityFailure};
pub use application::{ApplicationError, ErrorCategory};
pub use child::ChildFailure;
pub use external::{Cancelled, ExternalFailure, TimedOut};
pub use failure::{Failure, FailureKind, RetryState, TimeoutKind};
pub use fallible::Fallible;
pub use workflow::{ContinueAsNew, WorkflowError};

pub(crate) use activity::ActivityErrorKind;
pub(crate) use workflow::WorkflowErrorKind;

/// What workflow code returns, and what most programs can use for `main`.
pub type Result<T, E = WorkflowError> = std::result::Result<T, E>;
