//! Workflows that stay open, and what is done beside them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mainspring::Client;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::load::{self, Bench, Kind, mib};
use crate::report::Report;
use crate::server::ServerArgs;
use crate::usage::Usage;
use crate::workflows::Sleepy;

/// The events of a workflow that waits for its signal: started, and the first task scheduled, started and completed.
const WAITING_LENGTH: i64 = 4;

/// How often a workflow is asked whether it has come that far.
const POLL: Duration = Duration::from_millis(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many workflows stay open
    #[arg(short = 'n', long, default_value_t = 10_000)]
    workflows: usize,
    /// How many one-activity workflows run before and after, to compare what they cost
    #[arg(long, default_value_t = 2_000)]
    probes: usize,
    /// How many requests are under way at any time
    #[arg(short = 'c', long, default_value_t = 50)]
    in_flight: usize,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    let server = server.start().await?;
    let bench = Bench::start(&server, |worker| {
        worker.max_cached_workflows(args.workflows + 1_000)
    })
    .await?;
    let client = &bench.client;
    let probe = async |label| {
        load::run(
            &server,
            client,
            Kind::Hello,
            args.probes,
            args.in_flight,
            label,
        )
        .await
    };
    probe("warm-up").await?;
    let before = probe("before").await?;
    let (server_before, own_before) = (server.usage(), Usage::own());

    let count = args.workflows;
    let ids = || (0..count).map(|number| format!("open-{}-{number}", std::process::id()));
    each(client, ids(), args.in_flight, |client, id| async move {
        let run = client.workflow(Sleepy, id).sleep().start().await?;
        while run.describe().await?.history_length() < WAITING_LENGTH {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    })
    .await?;
    let (server_open, own_open) = (server.usage(), Usage::own());
    let beside = probe("beside").await?;

    each(client, ids(), args.in_flight, |client, id| async move {
        let workflow = client.workflow(Sleepy, id.clone());
        workflow.finish(id.clone()).await?;
        load::check(id.clone(), &id, workflow.handle().result().await)
    })
    .await?;
    bench.stop().await?;

    let mut report = Report::new("open");
    report.add("open workflows", args.workflows, "");
    let each_kib = |before: u64, after: u64| {
        after.saturating_sub(before) as f64 / args.workflows.max(1) as f64
    };
    report.add_f64(
        "server memory",
        each_kib(server_before.resident_kib, server_open.resident_kib),
        "KiB/workflow",
    );
    report.add_f64(
        "worker memory",
        each_kib(own_before.resident_kib, own_open.resident_kib),
        "KiB/workflow",
    );
    report.add_f64("server memory in all", mib(server_open.resident_kib), "MiB");
    report.add_f64("server CPU before", before.server_cpu_each(), "ms/workflow");
    report.add_f64(
        "server CPU beside them",
        beside.server_cpu_each(),
        "ms/workflow",
    );
    report.add_f64("p50 before", before.percentile(0.5), "ms");
    report.add_f64("p50 beside them", beside.percentile(0.5), "ms");
    Ok(report)
}

/// Does something for every id, for so many at any time.
async fn each<F>(
    client: &Client,
    ids: impl Iterator<Item = String> + Send + 'static,
    in_flight: usize,
    work: impl Fn(Client, String) -> F + Clone + Send + 'static,
) -> Result<(), BenchError>
where
    F: Future<Output = Result<(), BenchError>> + Send,
{
    let ids = Arc::new(Mutex::new(ids));
    let mut lanes = JoinSet::new();
    for _ in 0..in_flight {
        let (ids, client, work) = (Arc::clone(&ids), client.clone(), work.clone());
        lanes.spawn(async move {
            loop {
                let id = ids.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(id) = id else {
                    return Ok::<_, BenchError>(());
                };
                work(client.clone(), id).await?;
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.map_err(std::io::Error::from)??;
    }
    Ok(())
}
