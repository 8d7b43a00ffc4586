//! What a worker counts and measures, under the names that the other SDKs use; and what workflows and activities do.

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
