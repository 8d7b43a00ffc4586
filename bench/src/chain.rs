//! One workflow of many activities in sequence.

use std::time::{Duration, Instant};

use crate::error::BenchError;
use crate::load::{Bench, check, millis};
use crate::report::Report;
use crate::server::ServerArgs;
use crate::workflows::chain;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many activities
    #[arg(long, default_value_t = 1_000)]
    activities: u32,
    /// How many of these workflows, one after the other
    #[arg(short = 'n', long, default_value_t = 5)]
    workflows: usize,
}

/// What one length of chain took.
struct Taken {
    elapsed: Duration,
    server_cpu: Duration,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    let server = server.start().await?;
    let bench = Bench::start(&server, |worker| worker).await?;
    let run = async |label: &str, steps: u32, workflows: usize| {
        let (usage, begun) = (server.usage(), Instant::now());
        for number in 0..workflows {
            let id = format!("{label}-{}-{number}", std::process::id());
            let found = bench.client.workflow(chain, &*id).execute(steps).await;
            check(id, &format!("Hello, {}!", steps.saturating_sub(1)), found)?;
        }
        Ok::<_, BenchError>(Taken {
            elapsed: begun.elapsed(),
            server_cpu: server.usage().cpu_since(&usage),
        })
    };
    // The same number of activities in short workflows says what they cost while a history is short.
    const SHORT: u32 = 10;
    let short_workflows = args.workflows * (args.activities / SHORT).max(1) as usize;
    run("warm-up", SHORT, 10).await?;
    let short = run("short", SHORT, short_workflows).await?;
    let long = run("long", args.activities, args.workflows).await?;
    bench.stop().await?;

    let mut report = Report::new("history");
    report.add("activities in a workflow", args.activities, "");
    let each = |taken: Duration, steps: u32, workflows: usize| {
        millis(taken) / (f64::from(steps.max(1)) * workflows.max(1) as f64)
    };
    report.add_f64(
        "time in workflows of 10",
        each(short.elapsed, SHORT, short_workflows),
        "ms/activity",
    );
    report.add_f64(
        "time",
        each(long.elapsed, args.activities, args.workflows),
        "ms/activity",
    );
    report.add_f64(
        "server CPU in workflows of 10",
        each(short.server_cpu, SHORT, short_workflows),
        "ms/activity",
    );
    report.add_f64(
        "server CPU",
        each(long.server_cpu, args.activities, args.workflows),
        "ms/activity",
    );
    Ok(report)
}
