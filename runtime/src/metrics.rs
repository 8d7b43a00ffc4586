//! What a worker counts and measures, under the names that the other SDKs use.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a measurement is about, such as `("task_queue", "greetings")`.
pub type Label<'a> = (&'static str, &'a str);

/// Where measurements go. Set one with [`ConnectOptions::metrics`](crate::client::ConnectOptions::metrics).
pub trait Metrics: Send + Sync + 'static {
    /// Something has happened.
    fn count(&self, name: &'static str, labels: &[Label<'_>]);
    /// Something has taken this long.
    fn latency(&self, name: &'static str, labels: &[Label<'_>], took: Duration);
}

/// Keeps measurements in memory and writes them in the text format of Prometheus.
///
/// Clones share what they keep, so that one goes to the client and another to whatever answers `GET /metrics`.
///
/// ```
/// use mainspring::metrics::{Metrics, Prometheus};
/// let metrics = Prometheus::new();
/// metrics.count("temporal_workflow_completed", &[("task_queue", "greetings")]);
/// assert!(metrics.to_string().contains("temporal_workflow_completed{task_queue=\"greetings\"} 1"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Prometheus {
    shared: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    counters: BTreeMap<&'static str, BTreeMap<String, u64>>,
    latencies: BTreeMap<&'static str, BTreeMap<String, Histogram>>,
}

#[derive(Debug, Default)]
struct Histogram {
    /// How many were at most as long as the limit of the same place.
    buckets: [u64; LIMITS.len()],
    count: u64,
    sum: Duration,
}

/// In milliseconds: from a task in memory to an activity of a minute.
const LIMITS: [u64; 12] = [
    1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000, 60_000,
];

impl Prometheus {
    /// Nothing kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<R>(&self, change: impl FnOnce(&mut Kept) -> R) -> R {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Metrics for Prometheus {
    fn count(&self, name: &'static str, labels: &[Label<'_>]) {
        let labels = text_of(labels);
        self.with(|kept| {
            *kept
                .counters
                .entry(name)
                .or_default()
                .entry(labels)
                .or_default() += 1
        });
    }

    fn latency(&self, name: &'static str, labels: &[Label<'_>], took: Duration) {
        let labels = text_of(labels);
        self.with(|kept| {
            let kept = kept.latencies.entry(name).or_default();
            let histogram = kept.entry(labels).or_default();
            for (limit, bucket) in LIMITS.iter().zip(&mut histogram.buckets) {
                *bucket += u64::from(took <= Duration::from_millis(*limit));
            }
            histogram.count += 1;
            histogram.sum += took;
        });
    }
}

impl fmt::Display for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|kept| {
            for (name, series) in &kept.counters {
                writeln!(f, "# TYPE {name} counter")?;
                for (labels, value) in series {
                    writeln!(f, "{name}{{{labels}}} {value}")?;
                }
            }
            for (name, series) in &kept.latencies {
                writeln!(f, "# TYPE {name}_seconds histogram")?;
                for (labels, histogram) in series {
                    histogram.write(f, name, labels)?;
                }
            }
            Ok(())
        })
    }
}

impl Histogram {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str, labels: &str) -> fmt::Result {
        let comma = if labels.is_empty() { "" } else { "," };
        for (limit, bucket) in LIMITS.iter().zip(self.buckets) {
            let limit = Duration::from_millis(*limit).as_secs_f64();
            writeln!(
                f,
                "{name}_seconds_bucket{{{labels}{comma}le=\"{limit}\"}} {bucket}"
            )?;
        }
        writeln!(
            f,
            "{name}_seconds_bucket{{{labels}{comma}le=\"+Inf\"}} {}",
            self.count
        )?;
        writeln!(
            f,
            "{name}_seconds_sum{{{labels}}} {}",
            self.sum.as_secs_f64()
        )?;
        writeln!(f, "{name}_seconds_count{{{labels}}} {}", self.count)
    }
}

fn text_of(labels: &[Label<'_>]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        let comma = if text.is_empty() { "" } else { "," };
        let value = value
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        write!(text, "{comma}{name}=\"{value}\"").expect("a string takes everything");
    }
    text
}

/// Where measurements go, if anywhere.
#[derive(Clone, Default)]
pub(crate) struct Sink(Option<Arc<dyn Metrics>>);

impl Sink {
    pub(crate) fn new(metrics: impl Metrics) -> Self {
        Self(Some(Arc::new(metrics)))
    }

    pub(crate) fn count(&self, name: &'static str, labels: &[Label<'_>]) {
        if let Some(metrics) = &self.0 {
            metrics.count(name, labels);
        }
    }

    pub(crate) fn latency(&self, name: &'static str, labels: &[Label<'_>], took: Duration) {
        if let Some(metrics) = &self.0 {
            metrics.latency(name, labels, took);
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fall_into_all_buckets_above_them() {
        let metrics = Prometheus::new();
        metrics.latency("t", &[("q", "a\"b")], Duration::from_millis(30));
        let text = metrics.to_string();
        assert!(
            text.contains("t_seconds_bucket{q=\"a\\\"b\",le=\"0.025\"} 0"),
            "{text}"
        );
        assert!(
            text.contains("t_seconds_bucket{q=\"a\\\"b\",le=\"0.05\"} 1"),
            "{text}"
        );
        assert!(text.contains("t_seconds_count{q=\"a\\\"b\"} 1"), "{text}");
    }
}
