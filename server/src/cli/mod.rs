//! The command line. One command, one file; option names are those of Temporal's CLI.

mod backup;
mod client;
mod dynamic_config;
mod operator;
mod output;
mod start_dev;
mod test_server;
mod workflow;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, error::ErrorKind};

/// Durable workflows on one machine, speaking Temporal's public API.
#[derive(Debug, Parser)]
#[command(name = "mainspring", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes, before or after it.
#[derive(Clone, Debug, Args)]
struct GlobalArgs {
    /// Log level: debug, info, warn, error or never [default: warn for the server]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How log lines are written: text, json or pretty
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// Output format: text, json, jsonl or none
    #[arg(short, long, global = true, default_value = "text")]
    output: Output,
    /// When to use colour: always, never or auto
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: String,
    /// How times are shown: relative, iso or raw
    #[arg(long, global = true, value_name = "FORMAT", default_value = "relative")]
    time_format: TimeFormat,
    /// Show payloads as they are encoded
    #[arg(long, global = true)]
    no_json_shorthand_payloads: bool,
    /// Give a command up after this long
    #[arg(long, global = true, value_name = "DURATION", value_parser = go_duration)]
    command_timeout: Option<Duration>,
    /// Give connecting up after this long
    #[arg(long, global = true, value_name = "DURATION", value_parser = go_duration)]
    client_connect_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
    Pretty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum TimeFormat {
    Relative,
    Iso,
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Text,
    Json,
    Jsonl,
    None,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Server {
        #[command(subcommand)]
        command: ServerCommand,
    },
    /// Manage namespaces and search attributes
    Operator(operator::Operator),
    /// Work with workflow executions
    Workflow(workflow::Workflow),
}

#[derive(Debug, Subcommand)]
enum ServerCommand {
    /// Start a server for development
    StartDev(Box<start_dev::StartDev>),
    /// Copy a data file, even while a server is using it
    Backup(backup::Backup),
}

/// Why a command failed, in one line for standard error.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        // What the server says is for people already; the rest of a status is not.
        let status = (&error as &dyn std::error::Error).downcast_ref::<tonic::Status>();
        if let Some(status) = status {
            return Self(format!(
                "{} ({})",
                status.message(),
                status.code().description()
            ));
        }
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(text)
    }
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let done = match test_server::asked_for() {
        true => test_server::TestServer::try_parse().map(test_server::run),
        false => Cli::try_parse().map(run),
    };
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(Failure(text))) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
        Err(error) => usage(&error),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Server { command } => match command {
            ServerCommand::StartDev(command) => start_dev::run(*command, &cli.global),
            ServerCommand::Backup(command) => backup::run(&command),
        },
        Command::Operator(command) => client_command(operator::run(command, &cli.global)),
        Command::Workflow(command) => client_command(workflow::run(command, &cli.global)),
    }
}

/// A client command needs no more than one thread.
fn client_command(run: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run)
}

/// Reads a duration such as `72h`.
fn go_duration(text: &str) -> Result<Duration, String> {
    crate::duration::parse_go(text)
        .and_then(|nanos| u64::try_from(nanos).ok())
        .map(Duration::from_nanos)
        .ok_or_else(|| "expected a duration such as 72h, 30m or 10s".to_owned())
}

/// Asks before something is lost.
///
/// # Errors
/// When the answer is no, or there is nobody to ask.
fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure(format!("{question} Nobody to ask: pass --yes")));
    }
    print!("{question} y/N: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure("cancelled".into())),
    }
}

/// Help and version are printed whole; a mistake is one line, because programs that start us show
/// the last line they read.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{}", in_one_line(&error.render().to_string()));
            ExitCode::FAILURE
        }
    }
}

/// What is wrong, without the usage that follows.
fn in_one_line(mistake: &str) -> String {
    let lines = mistake.lines().map(str::trim);
    let about =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut said = String::new();
    for line in about.filter(|line| !line.is_empty()) {
        let joint = match said.as_str() {
            "" => "",
            _ if line.starts_with("tip:") => "; ",
            _ => " ",
        };
        said = said + joint + line;
    }
    said
}
