//! What clients and workers count and measure, under the names that the other SDKs use; and what workflows and activities do.
//!
//! Give [`ConnectOptions::metrics`](crate::client::ConnectOptions::metrics) a sink, such as [`Prometheus`]. All that is
//! measured has the label `namespace`; what a worker measures, `task_queue` too. Latencies are histograms of seconds.
//!
//! **Requests of clients and workers**, by `operation` (the RPC's name) and, of failures, `status_code`, such as
//! `UNAVAILABLE`. Each attempt counts. Long requests are those that wait for something: polls, and a result.
//!
//! | name | kind |
//! |---|---|
//! | `temporal_request`, `temporal_long_request` | counter |
//! | `temporal_request_failure`, `temporal_long_request_failure` | counter |
//! | `temporal_request_latency`, `temporal_long_request_latency` | latency |
//!
//! **Workflows**, by `workflow_type`:
//!
//! | name | kind | |
//! |---|---|---|
//! | `temporal_workflow_completed`, `_failed`, `_canceled`, `_continue_as_new` | counter | how runs end; a failure of category [`Benign`](crate::error::ErrorCategory::Benign) is none |
//! | `temporal_workflow_endtoend_latency` | latency | from the start of a run to the task that ends it |
//! | `temporal_workflow_task_schedule_to_start_latency` | latency | how long tasks wait for a worker: too few workers if it grows |
//! | `temporal_workflow_task_execution_latency` | latency | how long code runs, each time it is called |
//! | `temporal_workflow_task_replay_latency` | latency | how long a run that is not in memory takes to get where it was |
//! | `temporal_workflow_task_execution_failed` | counter | by `failure_reason` too: `NonDeterminismError`, `WorkflowError`, `GrpcMessageTooLarge` |
//! | `temporal_sticky_cache_hit`, `_miss` | counter | whether a run that goes on is in memory |
//!
//! **Activities**, by `activity_type` and `workflow_type`, each attempt; those of local activities begin with
//! `temporal_local_activity_` instead:
//!
//! | name | kind | |
//! |---|---|---|
//! | `temporal_activity_schedule_to_start_latency` | latency | how long they wait for a worker; not of local ones |
//! | `temporal_activity_execution_latency` | latency | how long they run |
//! | `temporal_activity_succeed_endtoend_latency` | latency | of those that complete, since they were first asked for |
//! | `temporal_activity_execution_failed` | counter | without failures of category `Benign` |
//! | `temporal_activity_execution_cancelled` | counter | |
//! | `temporal_unregistered_activity_invocation` | counter | this worker has none of the type |
//! | `temporal_local_activity_total` | counter | |
//!
//! **Workers**:
//!
//! | name | kind | |
//! |---|---|---|
//! | `temporal_worker_start` | counter | by `worker_type`: `WorkflowWorker`, `ActivityWorker`, `LocalActivityWorker` |
//! | `temporal_worker_task_slots_available`, `_used` | gauge | by `worker_type`: how many tasks may run and do run |
//! | `temporal_num_pollers` | gauge | by `poller_type`: `workflow_task`, `workflow_sticky_task`, `activity_task` |
//! | `temporal_workflow_task_queue_poll_succeed`, `_empty` | counter | polls for workflow tasks, by their answer |
//! | `temporal_activity_poll_no_task` | counter | polls for activities that brought none |
//! | `temporal_sticky_cache_size` | gauge | how many runs are in memory |
//! | `temporal_sticky_cache_total_forced_eviction` | counter | runs that had to go from memory for others |

mod meter;
mod prometheus;

pub use meter::Meter;
pub use prometheus::Prometheus;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a measurement is about, such as `("task_queue", "greetings")`.
pub type Label<'a> = (&'a str, &'a str);

/// Where measurements go. Set one with [`ConnectOptions::metrics`](crate::client::ConnectOptions::metrics).
pub trait Metrics: Send + Sync + 'static {
    /// Something has happened, so many times.
    fn count(&self, name: &str, labels: &[Label<'_>], by: u64);
    /// Something is so much now.
    fn gauge(&self, name: &str, labels: &[Label<'_>], value: f64);
    /// Something of this size has happened: one of the values of a histogram.
    fn record(&self, name: &str, labels: &[Label<'_>], value: f64);
    /// Something has taken this long.
    fn latency(&self, name: &str, labels: &[Label<'_>], took: Duration);
}

/// Where measurements go, if anywhere.
#[derive(Clone, Default)]
pub(crate) struct Sink(Option<Arc<dyn Metrics>>);

impl Sink {
    pub(crate) fn new(metrics: impl Metrics) -> Self {
        Self(Some(Arc::new(metrics)))
    }

    pub(crate) fn get(&self) -> Option<&dyn Metrics> {
        self.0.as_deref()
    }

    pub(crate) fn count(&self, name: &str, labels: &[Label<'_>]) {
        if let Some(metrics) = self.get() {
            metrics.count(name, labels, 1);
        }
    }

    pub(crate) fn latency(&self, name: &str, labels: &[Label<'_>], took: Duration) {
        if let Some(metrics) = self.get() {
            metrics.latency(name, labels, took);
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}
