//! How much a worker does at once. The defaults are those of the other SDKs.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct WorkerOptions {
    pub(crate) max_cached_workflows: usize,
    pub(crate) max_concurrent_activities: usize,
    pub(crate) max_concurrent_workflow_tasks: usize,
    pub(crate) max_concurrent_local_activities: usize,
    /// By this worker.
    pub(crate) activities_per_second: Option<f64>,
    /// By all workers of the queue together.
    pub(crate) queue_activities_per_second: Option<f64>,
    pub(crate) workflow_pollers: usize,
    pub(crate) activity_pollers: usize,
    pub(crate) graceful_shutdown: Duration,
    pub(crate) deadlock_timeout: Option<Duration>,
    pub(crate) heartbeat_interval: Option<Duration>,
    /// How long a task may wait for this worker in particular before any worker may have it.
    pub(crate) sticky_timeout: Duration,
    #[cfg(feature = "testing")]
    pub(crate) scrutiny: crate::testing::Scrutiny,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            max_cached_workflows: 1_000,
            max_concurrent_activities: 100,
            max_concurrent_workflow_tasks: 100,
            max_concurrent_local_activities: 100,
            activities_per_second: None,
            queue_activities_per_second: None,
            workflow_pollers: 5,
            activity_pollers: 5,
            graceful_shutdown: Duration::from_secs(10),
            deadlock_timeout: Some(Duration::from_secs(2)),
            heartbeat_interval: Some(Duration::from_secs(60)),
            sticky_timeout: Duration::from_secs(10),
            #[cfg(feature = "testing")]
            scrutiny: crate::testing::Scrutiny::default(),
        }
    }
}
