//! The command line. One command, one file; option names are those of Temporal's CLI.

mod start_dev;

use std::process::ExitCode;

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
#[derive(Debug, Args)]
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
    time_format: String,
    /// Show payloads as they are encoded
    #[arg(long, global = true)]
    no_json_shorthand_payloads: bool,
    /// Give a command up after this long
    #[arg(long, global = true, value_name = "DURATION")]
    command_timeout: Option<String>,
    /// Give connecting up after this long
    #[arg(long, global = true, value_name = "DURATION")]
    client_connect_timeout: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
    Pretty,
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
}

#[derive(Debug, Subcommand)]
enum ServerCommand {
    /// Start a server for development
    StartDev(Box<start_dev::StartDev>),
}

/// Why a command failed, in one line for standard error.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
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
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(text)) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Server { command } => match command {
            ServerCommand::StartDev(command) => start_dev::run(*command, &cli.global),
        },
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
            let text = error.render().to_string();
            eprintln!("{}", text.lines().next().unwrap_or("error: wrong usage"));
            ExitCode::FAILURE
        }
    }
}
