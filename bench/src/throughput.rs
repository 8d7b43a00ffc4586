//! Many workflows at once.

use crate::error::BenchError;
use crate::load::{self, Bench, Kind, mib};
use crate::report::Report;
use crate::server::ServerArgs;

/// Enough polls that a task seldom waits for one.
const POLLERS: usize = 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many workflows
    #[arg(short = 'n', long, default_value_t = 5_000)]
    workflows: usize,
    /// How many at any time
    #[arg(short = 'c', long, default_value_t = 50)]
    in_flight: usize,
    /// What each does
    #[arg(long, value_enum, default_value_t = Kind::Hello)]
    workflow: Kind,
    /// How many workflows run before the measurement
    #[arg(long, default_value_t = 200)]
    warm_up: usize,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    let server = server.start().await?;
    let at_rest = server.usage();
    let bench = Bench::start(&server, |worker| {
        worker.workflow_pollers(POLLERS).activity_pollers(POLLERS)
    })
    .await?;
    let (client, kind) = (&bench.client, args.workflow);
    load::run(
        &server,
        client,
        kind,
        args.warm_up,
        args.in_flight,
        "warm-up",
    )
    .await?;
    let outcome = load::run(
        &server,
        client,
        kind,
        args.workflows,
        args.in_flight,
        "load",
    )
    .await?;
    bench.stop().await?;

    let mut report = Report::new("throughput");
    report.add("workflows", args.workflows, "");
    report.add("in flight", args.in_flight, "");
    let rate = args.workflows as f64 / outcome.elapsed.as_secs_f64();
    report.add_f64("rate", rate, "workflows/s");
    report.add_f64("server CPU", outcome.server_cpu_each(), "ms/workflow");
    report.add_f64(
        "worker and client CPU",
        outcome.own_cpu_each(),
        "ms/workflow",
    );
    report.add_f64("p50", outcome.percentile(0.5), "ms");
    report.add_f64("p99", outcome.percentile(0.99), "ms");
    report.add_f64("server memory at rest", mib(at_rest.resident_kib), "MiB");
    report.add_f64(
        "server memory after",
        mib(server.usage().resident_kib),
        "MiB",
    );
    Ok(report)
}
