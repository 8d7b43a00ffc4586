//! A long history, replayed without a server.

use std::time::Instant;

use mainspring::testing::Replayer;

use crate::error::BenchError;
use crate::load::{Bench, check};
use crate::report::Report;
use crate::server::ServerArgs;
use crate::workflows::chain;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many activities the workflow has; six events each
    #[arg(long, default_value_t = 1_000)]
    activities: u32,
    /// How often it is replayed
    #[arg(short = 'n', long, default_value_t = 20)]
    times: usize,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    let server = server.start().await?;
    let bench = Bench::start(&server, |worker| worker).await?;
    let id = format!("replay-{}", std::process::id());
    let run = bench
        .client
        .workflow(chain, &*id)
        .start(args.activities)
        .await?;
    check(
        id.clone(),
        &format!("Hello, {}!", args.activities.saturating_sub(1)),
        run.result().await,
    )?;
    let history = run.history().await?;
    bench.stop().await?;

    let replayer = Replayer::new();
    let events = history.events().len();
    let mut taken = Vec::with_capacity(args.times);
    for _ in 0..args.times.max(1) {
        let copy = history.clone();
        let begun = Instant::now();
        replayer.replay(copy).await?;
        taken.push(begun.elapsed());
    }
    taken.sort_unstable();
    let each = |index: usize| taken[index].as_secs_f64() * 1e6 / events.max(1) as f64;

    let mut report = Report::new("replay");
    report.add("events", events, "");
    report.add_f64("median", each(taken.len() / 2), "us/event");
    report.add_f64("fastest", each(0), "us/event");
    Ok(report)
}
