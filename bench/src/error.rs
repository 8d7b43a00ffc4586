//! Why a measurement failed.

use std::{fmt, io};

use mainspring::{client::ClientError, testing::ReplayError, worker::WorkerError};

/// See the module.
#[derive(Debug)]
pub(crate) enum BenchError {
    /// A workflow's result is not what it must be.
    WrongResult {
        /// The workflow's id.
        id: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The server refused, or went away.
    Client(ClientError),
    /// The worker does not start, or stopped.
    Worker(WorkerError),
    /// The history does not replay.
    Replay(ReplayError),
    /// The server's program does not start.
    Server {
        /// Its path.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The server did not answer in time.
    NoAnswer(String),
    /// Something else of this machine.
    Io(io::Error),
    /// The options do not go together.
    Usage(&'static str),
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongResult {
                id,
                expected,
                found,
            } => write!(f, "workflow {id} must return {expected:?}, not {found:?}"),
            Self::Client(error) => write!(f, "{error}"),
            Self::Worker(error) => write!(f, "{error}"),
            Self::Replay(error) => write!(f, "{error}"),
            Self::Server { program, source } => write!(
                f,
                "cannot start {program}: {source}; build it with `cargo build --release -p mainspring-server`, or name \
                 another with --server or --address"
            ),
            Self::NoAnswer(address) => write!(f, "no server answers at {address}"),
            Self::Io(error) => write!(f, "{error}"),
            Self::Usage(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for BenchError {}

impl From<ClientError> for BenchError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<WorkerError> for BenchError {
    fn from(error: WorkerError) -> Self {
        Self::Worker(error)
    }
}

impl From<ReplayError> for BenchError {
    fn from(error: ReplayError) -> Self {
        Self::Replay(error)
    }
}

impl From<io::Error> for BenchError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
