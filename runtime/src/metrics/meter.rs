//! Measurements of user code.

use crate::engine::context;
use std::time::Duration;

use super::{Label, Metrics, Sink};

/// Takes measurements of a workflow or an activity, labelled with its type, its task queue and its namespace. They go to
/// where those of the worker go.
///
/// [`workflow::metrics`](crate::workflow::metrics) and [`activity::metrics`](crate::activity::metrics) give one. That of a
/// workflow is silent on replay, so that each measurement is taken once.
#[derive(Clone, Debug)]
pub struct Meter {
    sink: Sink,
    labels: Vec<(String, String)>,
    is_silent: fn() -> bool,
}

impl Meter {
    pub(crate) fn new(sink: Sink, labels: &[Label<'_>], is_silent: fn() -> bool) -> Self {
        let owned = |(name, value): &Label<'_>| ((*name).to_owned(), (*value).to_owned());
        Self {
            sink,
            labels: labels.iter().map(owned).collect(),
            is_silent,
        }
    }

    /// The same, with one more label. Keep the values of a label few: each makes a series of its own.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Adds to a counter.
    pub fn count(&self, name: &str, by: u64) {
        self.measure(|metrics, labels| metrics.count(name, labels, by));
    }

    /// Sets a gauge.
    pub fn gauge(&self, name: &str, value: f64) {
        self.measure(|metrics, labels| metrics.gauge(name, labels, value));
    }

    /// Adds a value to a histogram.
    pub fn record(&self, name: &str, value: f64) {
        self.measure(|metrics, labels| metrics.record(name, labels, value));
    }

    /// Adds a duration to a histogram of seconds, whose name gets the ending `_seconds`.
    pub fn latency(&self, name: &str, took: Duration) {
        self.measure(|metrics, labels| metrics.latency(name, labels, took));
    }

    fn measure(&self, take: impl FnOnce(&dyn Metrics, &[Label<'_>])) {
        let Some(metrics) = self.sink.get() else {
            return;
        };
        if (self.is_silent)() {
            return;
        }
        let labels = self.labels.iter();
        let labels: Vec<Label<'_>> = labels.map(|(name, value)| (&**name, &**value)).collect();
        context::exempt(|| take(metrics, &labels));
    }
}
