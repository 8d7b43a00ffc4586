//! What is around the code of a run, outside the workflow.

use std::fmt;
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
    /// To be told when a replay is over.
    pub(crate) caught_up: CaughtUp,
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

/// Wants to know when a run has replayed what has happened so far.
#[derive(Clone, Default)]
pub(crate) struct CaughtUp(Option<Arc<dyn Fn() + Send + Sync>>);

impl CaughtUp {
    pub(crate) fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(super) fn tell(&self) {
        if let Some(tell) = &self.0 {
            tell();
        }
    }
}

impl fmt::Debug for CaughtUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}
