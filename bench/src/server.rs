//! The server that is measured.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use mainspring::Client;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::error::BenchError;
use crate::usage::Usage;

/// How long a server that was started may take to answer.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How often it is asked meanwhile.
const START_POLL: Duration = Duration::from_millis(1);

/// Which server is measured.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Measure the server at this address instead of one that is started for the run
    #[arg(long, global = true, value_name = "HOST:PORT")]
    address: Option<String>,
    /// The process of the server at --address, for its CPU time and memory
    #[arg(long, global = true, value_name = "PID", requires = "address")]
    server_pid: Option<u32>,
    /// The program to start as the server [default: `mainspring` beside this program]
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "address")]
    server: Option<PathBuf>,
    /// Let the started server keep everything in a new file, removed afterwards
    #[arg(long, global = true, conflicts_with = "address")]
    file: bool,
    /// One more argument for the started server; repeatable
    #[arg(long, global = true, value_name = "ARG", allow_hyphen_values = true)]
    server_arg: Vec<String>,
}

/// The server, with its process if that is known. One that was started ends with this.
#[derive(Debug)]
pub(crate) struct Server {
    address: String,
    pid: Option<u32>,
    started: Option<Started>,
}

#[derive(Debug)]
struct Started {
    /// Killed when dropped.
    _process: Child,
    _directory: Option<TempDir>,
}

impl ServerArgs {
    /// Whether somebody else has started it.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.address.is_some()
    }

    /// The server that the options name, once it answers.
    pub(crate) async fn start(&self) -> Result<Server, BenchError> {
        let server = self.spawn()?;
        server.client().await?;
        Ok(server)
    }

    /// The same, without waiting for it.
    pub(crate) fn spawn(&self) -> Result<Server, BenchError> {
        if let Some(address) = &self.address {
            return Ok(Server {
                address: address.clone(),
                pid: self.server_pid,
                started: None,
            });
        }
        let program = match &self.server {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("mainspring"),
        };
        let port = free_port()?;
        let directory = match self.file {
            true => Some(tempfile::tempdir()?),
            false => None,
        };
        let mut command = Command::new(&program);
        command
            .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1"])
            .arg("--port")
            .arg(port.to_string())
            .args(&self.server_arg)
            .stdout(Stdio::null())
            .kill_on_drop(true);
        if let Some(directory) = &directory {
            command
                .arg("--db-filename")
                .arg(directory.path().join("bench.db"));
        }
        let process = command.spawn().map_err(|source| BenchError::Server {
            program: program.display().to_string(),
            source,
        })?;
        Ok(Server {
            address: format!("127.0.0.1:{port}"),
            pid: process.id(),
            started: Some(Started {
                _process: process,
                _directory: directory,
            }),
        })
    }
}

impl Server {
    /// A client of it, once it answers.
    pub(crate) async fn client(&self) -> Result<Client, BenchError> {
        let limit = Instant::now() + START_LIMIT;
        loop {
            match Client::connect(&self.address).await {
                Ok(client) => return Ok(client),
                Err(error) if self.started.is_none() => return Err(error.into()),
                Err(_) if Instant::now() > limit => {
                    return Err(BenchError::NoAnswer(self.address.clone()));
                }
                Err(_) => tokio::time::sleep(START_POLL).await,
            }
        }
    }

    /// What its process has used; nothing if that is not known.
    pub(crate) fn usage(&self) -> Usage {
        self.pid.map(Usage::of).unwrap_or_default()
    }
}

/// A port that nobody listens on. Another program could take it before the server does; then the run fails.
fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
