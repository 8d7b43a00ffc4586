//! What most programs name: `use mainspring::prelude::*;`

pub use crate::activity;
pub use crate::client::{Client, ClientError};
pub use crate::converter::EncodedValues;
pub use crate::durable::Durable;
pub use crate::error::{
    ActivityError, ActivityFailure, ApplicationError, Cancelled, ChildFailure, Failure, Result,
    TimeoutKind, WorkflowError,
};
pub use crate::retry::RetryPolicy;
pub use crate::state::State;
pub use crate::worker::Worker;
pub use crate::workflow;
pub use crate::workflow::{ActivityOptions, ChildOptions};
pub use crate::{activity_interface, join, select, try_join, workflow_fn, workflow_interface};
