//! What is known of the run.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::SearchAttributes;
use crate::converter::{ConverterError, DataConverter, EncodedValues, Payload, Value};
use crate::engine::context;
use crate::error::Failure;
use crate::metrics::Meter;
use crate::retry::RetryPolicy;

/// What is known of a run, fixed when it started.
#[derive(Clone, Debug, Default)]
pub struct WorkflowInfo {
    /// Its namespace.
    pub namespace: String,
    /// Its task queue.
    pub task_queue: String,
    /// Its type.
    pub workflow_type: String,
    /// Its workflow id.
    pub workflow_id: String,
    /// Its run id.
    pub run_id: String,
    /// The run id of the first run of its chain of runs.
    pub first_run_id: String,
    /// The run that it continues, if it does.
    pub continued_run_id: Option<String>,
    /// Which attempt of its retry policy it is, from 1.
    pub attempt: u32,
    /// The cron schedule, if it has one.
    pub cron_schedule: Option<String>,
    /// When it started.
    pub started: Option<SystemTime>,
    /// The longest that all its runs may take together.
    pub execution_timeout: Option<Duration>,
    /// The longest that one run may take.
    pub run_timeout: Option<Duration>,
    /// The longest that one workflow task may take.
    pub task_timeout: Option<Duration>,
    /// How its failures are retried.
    pub retry: Option<RetryPolicy>,
    /// The namespace, workflow id and run id of its parent, if it is a child.
    pub parent: Option<(String, String, String)>,
    /// The workflow id and run id of the topmost parent.
    pub root: Option<(String, String)>,
    /// The headers that it was started with.
    pub headers: BTreeMap<String, Payload>,
    pub(crate) last_result: EncodedValues,
    pub(crate) last_failure: Option<Failure>,
    pub(crate) memo: BTreeMap<String, Payload>,
    pub(crate) search_attributes: BTreeMap<String, Payload>,
}

impl WorkflowInfo {
    /// What the last successful run of the chain returned: for cron workflows.
    pub fn last_completion_result<T: Value>(&self) -> Option<T> {
        self.last_result.get(0).ok()
    }

    /// How the last run of the chain failed, if it did: for cron workflows and retries.
    pub fn last_failure(&self) -> Option<&Failure> {
        self.last_failure.as_ref()
    }

    /// A value of the memo, as it is now.
    ///
    /// # Errors
    /// If it does not decode as `T`.
    pub fn memo<T: Value>(&self, name: &str) -> Result<Option<T>, ConverterError> {
        let payload = self.memo.get(name);
        payload
            .map(|it| DataConverter::current().from_payload(it))
            .transpose()
    }

    /// The search attributes, as they are now.
    pub fn search_attributes(&self) -> SearchAttributes {
        SearchAttributes::from_fields(self.search_attributes.clone())
    }
}

/// What is known of this run.
///
/// # Panics
/// Outside workflow code.
pub fn info() -> WorkflowInfo {
    context::with("workflow::info", |run| run.info().clone())
}

/// The time: when this workflow task started, the same on every replay.
///
/// # Panics
/// Outside workflow code.
pub fn now() -> SystemTime {
    context::with("workflow::now", |run| run.now())
}

/// Whether the code runs again over recorded history. For sinks of your own; decisions must not depend on it.
///
/// # Panics
/// Outside workflow code.
pub fn is_replaying() -> bool {
    context::with("workflow::is_replaying", |run| run.is_replaying())
}

/// Counters, gauges and histograms of your own, labelled with the workflow's type. They are silent on replay.
///
/// # Panics
/// Outside workflow code.
pub fn metrics() -> Meter {
    let is_replaying = || context::try_with(|run| run.is_replaying()).unwrap_or(false);
    context::with("workflow::metrics", |run| {
        let info = run.info();
        let labels = [
            ("namespace", info.namespace.as_str()),
            ("task_queue", info.task_queue.as_str()),
            ("workflow_type", info.workflow_type.as_str()),
        ];
        Meter::new(run.metrics().clone(), &labels, is_replaying)
    })
}

/// How many events the history has.
///
/// # Panics
/// Outside workflow code.
pub fn history_length() -> i64 {
    context::with("workflow::history_length", |run| run.history_length())
}

/// How large the history is, in bytes.
///
/// # Panics
/// Outside workflow code.
pub fn history_size() -> i64 {
    context::with("workflow::history_size", |run| run.history_size())
}

/// A value of the memo, as it is now.
///
/// # Panics
/// Outside workflow code, or if the value does not decode as `T`.
pub fn memo<T: Value>(name: &str) -> Option<T> {
    let payload = context::with("workflow::memo", |run| run.info().memo.get(name).cloned());
    match DataConverter::current().from_payload(&payload?) {
        Ok(value) => Some(value),
        Err(error) => panic!("memo {name:?}: {error}"),
    }
}

/// What the last successful run of the chain returned: for cron workflows.
///
/// # Panics
/// Outside workflow code.
pub fn last_completion_result<T: Value>() -> Option<T> {
    context::with("workflow::last_completion_result", |run| {
        run.info().last_completion_result()
    })
}

/// How the last run of the chain failed, if it did: for cron workflows and retries.
///
/// # Panics
/// Outside workflow code.
pub fn last_failure() -> Option<Failure> {
    context::with("workflow::last_failure", |run| {
        run.info().last_failure().cloned()
    })
}

/// Whether no signal or update handler is running: to be waited for before the run method returns.
///
/// # Panics
/// Outside workflow code.
pub fn all_handlers_finished() -> bool {
    context::with("workflow::all_handlers_finished", |run| !run.handlers_run())
}
