//! `mainspring-bench`: a load generator for any server that speaks Temporal's protocol.
//!
//! Each command drives workflows of [`workflows`] with a worker and a client of this project, checks every result, and
//! prints a table and one line of JSON. A wrong or missing result fails the run. Without `--address` it starts the
//! bundled server as a process of its own, so that its CPU time and memory are told apart from those of the load.

mod chain;
mod cold_start;
mod cpu;
mod error;
mod latency;
mod load;
mod open;
mod replay;
mod report;
mod server;
mod throughput;
mod usage;
mod workflows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::BenchError;
use report::Report;
use server::ServerArgs;

#[derive(Debug, Parser)]
#[command(
    about = "Measures a server of Temporal's protocol, with workers and clients of Mainspring"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    server: ServerArgs,
    /// Print the line of JSON alone
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Many workflows at once: how many a second, and what CPU time each takes
    Throughput(throughput::Args),
    /// One workflow at a time: from start to result
    Latency(latency::Args),
    /// Open workflows: what they take of memory, and what they make others cost
    Open(open::Args),
    /// One workflow of many activities in sequence: whether the last costs what the first does
    History(chain::Args),
    /// A long history, replayed without a server: time per event
    Replay(replay::Args),
    /// Workflow code that computes: how much more of it more cores do
    Cpu(cpu::Args),
    /// From the start of the server's process to the first result
    Start(cold_start::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command, &cli.server).await {
        Ok(report) => {
            report.print(cli.json);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("mainspring-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, server: &ServerArgs) -> Result<Report, BenchError> {
    match command {
        Command::Throughput(args) => throughput::run(args, server).await,
        Command::Latency(args) => latency::run(args, server).await,
        Command::Open(args) => open::run(args, server).await,
        Command::History(args) => chain::run(args, server).await,
        Command::Replay(args) => replay::run(args, server).await,
        Command::Cpu(args) => cpu::run(args, server).await,
        Command::Start(args) => cold_start::run(args, server).await,
    }
}
