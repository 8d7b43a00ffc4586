//! Workflows in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mainspring::Client;
use mainspring::client::ClientError;
use mainspring::worker::{RunningWorker, Worker};
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::server::Server;
use crate::usage::Usage;
use crate::workflows::{empty, hello};

/// A worker and a client of a server.
pub(crate) struct Bench {
    pub(crate) client: Client,
    worker: RunningWorker,
}

impl Bench {
    /// Starts them.
    pub(crate) async fn start(
        server: &Server,
        prepare: impl FnOnce(Worker) -> Worker,
    ) -> Result<Self, BenchError> {
        // A queue of this run alone: the server at an address may have others' tasks.
        let task_queue = format!("bench-{}", std::process::id());
        let client = server.client().await?.with_task_queue(&task_queue);
        let worker = prepare(Worker::new(&client, task_queue)).start()?;
        Ok(Self { client, worker })
    }

    /// Stops the worker.
    pub(crate) async fn stop(self) -> Result<(), BenchError> {
        Ok(self.worker.shutdown().await?)
    }
}

/// What the workflows of a load do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// One activity
    Hello,
    /// Nothing
    Empty,
}

/// Runs one workflow, and checks its result.
pub(crate) async fn run_one(client: &Client, kind: Kind, id: String) -> Result<(), BenchError> {
    let (expected, found) = match kind {
        Kind::Hello => {
            let found = client.workflow(hello, &*id).execute("World").await;
            ("Hello, World!", found)
        }
        Kind::Empty => ("World", client.workflow(empty, &*id).execute("World").await),
    };
    check(id, expected, found)
}

/// A result must be the expected one.
pub(crate) fn check(
    id: String,
    expected: &str,
    found: Result<String, ClientError>,
) -> Result<(), BenchError> {
    let found = found?;
    if found == expected {
        return Ok(());
    }
    Err(BenchError::WrongResult {
        id,
        expected: expected.to_owned(),
        found,
    })
}

/// How a load went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// From the first start to the last result.
    pub(crate) elapsed: Duration,
    /// From start to result, of each workflow, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// CPU time of the server.
    pub(crate) server_cpu: Duration,
    /// CPU time of worker and client.
    pub(crate) own_cpu: Duration,
}

/// Runs `count` workflows, `in_flight` of them at any time.
pub(crate) async fn run(
    server: &Server,
    client: &Client,
    kind: Kind,
    count: usize,
    in_flight: usize,
    label: &str,
) -> Result<Outcome, BenchError> {
    let prefix = format!("{label}-{}", std::process::id());
    let next = Arc::new(AtomicUsize::new(0));
    let (server_before, own_before) = (server.usage(), Usage::own());
    let begun = Instant::now();
    let mut lanes = JoinSet::new();
    for _ in 0..in_flight {
        let (client, prefix, next) = (client.clone(), prefix.clone(), Arc::clone(&next));
        lanes.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<_, BenchError>(latencies);
                }
                let begun = Instant::now();
                run_one(&client, kind, format!("{prefix}-{number}")).await?;
                latencies.push(begun.elapsed());
            }
        });
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(lane) = lanes.join_next().await {
        // A lane that panicked has said so already.
        latencies.extend(lane.map_err(std::io::Error::from)??);
    }
    latencies.sort_unstable();
    Ok(Outcome {
        elapsed: begun.elapsed(),
        latencies,
        server_cpu: server.usage().cpu_since(&server_before),
        own_cpu: Usage::own().cpu_since(&own_before),
    })
}

impl Outcome {
    /// The latency that this part of the workflows stays within, in milliseconds.
    pub(crate) fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (part * last as f64).round() as usize;
        self.latencies.get(index).map_or(0.0, |it| millis(*it))
    }

    /// CPU time of the server for one workflow, in milliseconds.
    pub(crate) fn server_cpu_each(&self) -> f64 {
        millis(self.server_cpu) / self.latencies.len().max(1) as f64
    }

    /// CPU time of worker and client for one workflow, in milliseconds.
    pub(crate) fn own_cpu_each(&self) -> f64 {
        millis(self.own_cpu) / self.latencies.len().max(1) as f64
    }
}

/// A duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// An amount of memory in MiB.
pub(crate) fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
