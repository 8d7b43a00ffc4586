//! What is around the code of a run, outside the workflow.

use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use crate::interceptor::Interceptors;
use crate::metrics::Sink;
use crate::workflow::Sinks;

/// What is around the code of a run. Its effects are no part of the workflow, so that none happens on replay.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) interceptors: Interceptors,
    pub(crate) metrics: Sink,
    pub(crate) sinks: Sinks,
    /// Where the code has last come by.
    pub(crate) progress: Progress,
    /// Set where a task is run a second time only to compare: it counts as replay throughout.
    pub(crate) silent: bool,
}

/// The line of code that has last called an operation of the workflow, for whoever watches from another thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<Option<&'static Location<'static>>>>);

impl Progress {
    pub(crate) fn pass(&self, at: &'static Location<'static>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    pub(crate) fn last(&self) -> Option<&'static Location<'static>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
