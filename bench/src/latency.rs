//! One workflow at a time.

use crate::error::BenchError;
use crate::load::{self, Bench, Kind};
use crate::report::Report;
use crate::server::ServerArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many workflows
    #[arg(short = 'n', long, default_value_t = 1_000)]
    workflows: usize,
    /// What each does
    #[arg(long, value_enum, default_value_t = Kind::Hello)]
    workflow: Kind,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    const WARM_UP: usize = 50;
    let server = server.start().await?;
    let bench = Bench::start(&server, |worker| worker).await?;
    load::run(&server, &bench.client, args.workflow, WARM_UP, 1, "warm-up").await?;
    let outcome = load::run(
        &server,
        &bench.client,
        args.workflow,
        args.workflows,
        1,
        "load",
    )
    .await?;
    bench.stop().await?;

    let mut report = Report::new("latency");
    report.add("workflows", args.workflows, "");
    for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)] {
        report.add_f64(name, outcome.percentile(part), "ms");
    }
    report.add_f64("server CPU", outcome.server_cpu_each(), "ms/workflow");
    report.add_f64(
        "worker and client CPU",
        outcome.own_cpu_each(),
        "ms/workflow",
    );
    Ok(report)
}
