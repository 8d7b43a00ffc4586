//! What is around the code of a run, outside the workflow.

use crate::interceptor::Interceptors;
use crate::metrics::Sink;
use crate::workflow::Sinks;

/// What is around the code of a run. Its effects are no part of the workflow, so that none happens on replay.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) interceptors: Interceptors,
    pub(crate) metrics: Sink,
    pub(crate) sinks: Sinks,
    /// Set where a task is run a second time only to compare: it counts as replay throughout.
    pub(crate) silent: bool,
}
