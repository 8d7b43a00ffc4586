//! `mainspring PORT`: the command line of Temporal's test server, so that test environments of the
//! SDKs can start this program in its place.

use clap::Parser;

use super::{Failure, start_dev};
use crate::{Config, TimeSkipping};

const SWITCHES: [&str; 3] = ["--enable-time-skipping", "--clock-per-namespace", "--ip"];

/// A server for tests: in memory, with a clock that skips what nobody is at work in
#[derive(Debug, Parser)]
#[command(name = "mainspring", version)]
pub(super) struct TestServer {
    /// The port to listen on; 0 takes a free one
    port: u16,
    /// Let the clock jump from the start, not only once a client unlocks it
    #[arg(long)]
    enable_time_skipping: bool,
    /// Give each namespace a clock of its own; requests for its time name it in the header `temporal-namespace`
    #[arg(long)]
    clock_per_namespace: bool,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    ip: String,
}

/// Whether the command line is that of the test server.
pub(super) fn asked_for() -> bool {
    let first = std::env::args().nth(1);
    first.is_some_and(|first| begins(&first))
}

/// Whether such a command line begins so: with a port or one of the switches. No command of the other does.
fn begins(first: &str) -> bool {
    let switch = first.split_once('=').map_or(first, |(switch, _)| switch);
    first.parse::<u16>().is_ok() || SWITCHES.contains(&switch)
}

pub(super) fn run(command: TestServer) -> Result<(), Failure> {
    let mode = match command.enable_time_skipping {
        true => TimeSkipping::Unlocked,
        false => TimeSkipping::Locked,
    };
    let mut config = Config::for_tests(mode).with_port(command.port);
    config.clock_per_namespace = command.clock_per_namespace;
    config.ip = command.ip;
    start_dev::run_server(config)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn its_command_line_may_begin_with_any_of_its_arguments() {
        for first in ["7233", "--ip=0.0.0.0"] {
            assert!(begins(first), "{first}");
        }
        for argument in TestServer::command().get_arguments() {
            let Some(long) = argument.get_long() else {
                continue;
            };
            assert!(begins(&format!("--{long}")), "--{long}");
        }
        for first in ["server", "workflow", "--help", "--version", "70000"] {
            assert!(!begins(first), "{first}");
        }
    }
}
