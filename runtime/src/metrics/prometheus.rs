//! Measurements in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Label, Metrics};

/// Keeps measurements in memory and writes them in the text format of Prometheus.
///
/// Clones share what they keep, so that one goes to the client and another to whatever answers `GET /metrics`.
///
/// ```
/// use mainspring::metrics::{Metrics, Prometheus};
/// let metrics = Prometheus::new();
/// metrics.count("temporal_workflow_completed", &[("task_queue", "greetings")], 1);
/// assert!(metrics.to_string().contains("temporal_workflow_completed{task_queue=\"greetings\"} 1"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Prometheus {
    shared: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    counters: Series<u64>,
    gauges: Series<f64>,
    histograms: Series<Histogram>,
}

/// By name, then by labels.
type Series<T> = BTreeMap<String, BTreeMap<String, T>>;

#[derive(Debug)]
struct Histogram {
    limits: &'static [f64],
    /// How many were at most as large as the limit of the same place.
    buckets: Vec<u64>,
    count: u64,
    sum: f64,
}

/// In seconds: from a task in memory to a workflow of a day.
const SECONDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0, 1_800.0, 3_600.0,
    36_000.0, 86_400.0,
];
/// Of values of which nothing is known.
const VALUES: &[f64] = &[
    1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1e3, 5e3, 1e4, 5e4, 1e5, 5e5, 1e6,
];

impl Prometheus {
    /// Nothing kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<R>(&self, change: impl FnOnce(&mut Kept) -> R) -> R {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn observe(&self, name: &str, labels: &[Label<'_>], limits: &'static [f64], value: f64) {
        let labels = text_of(labels);
        self.with(|kept| {
            let histogram = series(&mut kept.histograms, name).entry(labels);
            let histogram = histogram.or_insert_with(|| Histogram::new(limits));
            for (limit, bucket) in histogram.limits.iter().zip(&mut histogram.buckets) {
                *bucket += u64::from(value <= *limit);
            }
            histogram.count += 1;
            histogram.sum += value;
        });
    }
}

impl Metrics for Prometheus {
    fn count(&self, name: &str, labels: &[Label<'_>], by: u64) {
        let labels = text_of(labels);
        self.with(|kept| *series(&mut kept.counters, name).entry(labels).or_default() += by);
    }

    fn gauge(&self, name: &str, labels: &[Label<'_>], value: f64) {
        let labels = text_of(labels);
        self.with(|kept| series(&mut kept.gauges, name).insert(labels, value));
    }

    fn record(&self, name: &str, labels: &[Label<'_>], value: f64) {
        self.observe(name, labels, VALUES, value);
    }

    fn latency(&self, name: &str, labels: &[Label<'_>], took: Duration) {
        let name = format!("{name}_seconds");
        self.observe(&name, labels, SECONDS, took.as_secs_f64());
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
            for (name, series) in &kept.gauges {
                writeln!(f, "# TYPE {name} gauge")?;
                for (labels, value) in series {
                    writeln!(f, "{name}{{{labels}}} {value}")?;
                }
            }
            for (name, series) in &kept.histograms {
                writeln!(f, "# TYPE {name} histogram")?;
                for (labels, histogram) in series {
                    histogram.write(f, name, labels)?;
                }
            }
            Ok(())
        })
    }
}

impl Histogram {
    fn new(limits: &'static [f64]) -> Self {
        Self {
            limits,
            buckets: vec![0; limits.len()],
            count: 0,
            sum: 0.0,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str, labels: &str) -> fmt::Result {
        let comma = if labels.is_empty() { "" } else { "," };
        for (limit, bucket) in self.limits.iter().zip(&self.buckets) {
            writeln!(f, "{name}_bucket{{{labels}{comma}le=\"{limit}\"}} {bucket}")?;
        }
        let Self { count, sum, .. } = self;
        writeln!(f, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}")?;
        writeln!(f, "{name}_sum{{{labels}}} {sum}")?;
        writeln!(f, "{name}_count{{{labels}}} {count}")
    }
}

/// The series of a name, which is written as the format wants it.
fn series<'a, T>(all: &'a mut Series<T>, name: &str) -> &'a mut BTreeMap<String, T> {
    all.entry(legal(name)).or_default()
}

fn legal(name: &str) -> String {
    name.replace(|at: char| !at.is_ascii_alphanumeric() && at != '_', "_")
}

fn text_of(labels: &[Label<'_>]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        let comma = if text.is_empty() { "" } else { "," };
        let name = legal(name);
        let value = value
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        write!(text, "{comma}{name}=\"{value}\"").expect("a string takes everything");
    }
    text
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

    #[test]
    fn counters_add_up_and_gauges_do_not() {
        let metrics = Prometheus::new();
        for value in [2, 3] {
            metrics.count("orders.placed", &[("by-day", "a\\b")], value);
            metrics.gauge("load", &[], value as f64);
            metrics.record("size", &[], value as f64);
        }
        let text = metrics.to_string();
        for expected in [
            "# TYPE orders_placed counter\norders_placed{by_day=\"a\\\\b\"} 5\n",
            "# TYPE load gauge\nload{} 3\n",
            "size_bucket{le=\"1\"} 0\nsize_bucket{le=\"5\"} 2\n",
            "size_sum{} 5\nsize_count{} 2\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
