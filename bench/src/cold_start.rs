//! From the start of the server's process to the first result.

use std::time::Instant;

use crate::error::BenchError;
use crate::load::{self, Bench, Kind, millis};
use crate::report::Report;
use crate::server::ServerArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many servers are started, one after the other
    #[arg(short = 'n', long, default_value_t = 10)]
    times: usize,
}

pub(crate) async fn run(args: Args, server: &ServerArgs) -> Result<Report, BenchError> {
    if server.is_elsewhere() {
        return Err(BenchError::Usage(
            "`start` starts its own server: leave --address away",
        ));
    }
    let mut answers = Vec::new();
    let mut results = Vec::new();
    for number in 0..args.times.max(1) {
        let begun = Instant::now();
        let server = server.spawn()?;
        server.client().await?;
        answers.push(millis(begun.elapsed()));
        let bench = Bench::start(&server, |worker| worker).await?;
        load::run_one(&bench.client, Kind::Hello, format!("first-{number}")).await?;
        results.push(millis(begun.elapsed()));
        bench.stop().await?;
    }
    answers.sort_unstable_by(f64::total_cmp);
    results.sort_unstable_by(f64::total_cmp);

    let mut report = Report::new("start");
    report.add("servers", answers.len(), "");
    let middle = answers.len() / 2;
    report.add_f64("to the first answer", answers[middle], "ms");
    report.add_f64("to the first result", results[middle], "ms");
    report.add_f64("slowest first result", results[results.len() - 1], "ms");
    Ok(report)
}
