//! Workflow code that computes: whether more cores finish more of it.

use std::num::NonZero;
use std::time::{Duration, Instant};

use mainspring::worker::Worker;
use tokio::task::JoinSet;

use crate::error::BenchError;
use crate::load::{Bench, check};
use crate::report::Report;
use crate::server::ServerArgs;
use crate::workflows::{collatz, steps_to_one};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many workflows, one at a time and then all at once
    #[arg(short = 'n', long, default_value_t = 200)]
    workflows: u64,
    /// How many numbers each of them looks at: a hundred thousand take some ten milliseconds
    #[arg(long, default_value_t = 100_000)]
    numbers: u64,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let server = server.start().await?;
    let expected = steps_to_one(args.numbers).to_string();
    let run = async |label: &str, prepare: fn(Worker) -> Worker| {
        let bench = Bench::start(&server, prepare).await?;
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for number in 0..args.workflows {
            let (client, expected) = (bench.client.clone(), expected.clone());
            let id = format!("cpu-{label}-{}-{number}", std::process::id());
            running.spawn(async move {
                let found = client.workflow(collatz, &*id).execute(args.numbers).await;
                check(id, &expected, found)
            });
        }
        while let Some(done) = running.join_next().await {
            // A task that panicked has said so already.
            done.map_err(std::io::Error::from)??;
        }
        let elapsed = begun.elapsed();
        bench.stop().await?;
        Ok::<Duration, BenchError>(elapsed)
    };
    let one = run("one", |worker| worker.max_concurrent_workflow_tasks(1)).await?;
    let all = run("all", |worker| worker).await?;

    let mut report = Report::new("cpu");
    report.add("cores", cores, "");
    let rate = |elapsed: Duration| args.workflows as f64 / elapsed.as_secs_f64();
    report.add_f64("one task at a time", rate(one), "/s");
    report.add_f64("as many as there are", rate(all), "/s");
    Ok(report)
}
