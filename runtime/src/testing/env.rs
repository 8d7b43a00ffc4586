//! A server of its own for each test.

use std::error::Error;
use std::fmt;

use mainspring_server::{Config, RunningServer, Server, StartError};

use crate::client::{Client, ClientError};

/// A server in this process, in memory, with a client of it. It stops when this is dropped.
pub struct TestEnv {
    /// `None` if the server is somebody else's.
    server: Option<RunningServer>,
    client: Client,
}

/// Why there is no server.
#[derive(Debug)]
pub enum TestEnvError {
    /// It does not start.
    Start(StartError),
    /// It cannot be reached.
    Connect(ClientError),
}

impl TestEnv {
    /// Starts a server on a free port of this machine, and connects to its namespace `default`.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub async fn start() -> Result<Self, TestEnvError> {
        Self::start_with(Config::in_memory().with_port(0)).await
    }

    /// The same, with a configuration.
    ///
    /// # Errors
    /// If its address cannot be listened on.
    pub async fn start_with(config: Config) -> Result<Self, TestEnvError> {
        let server = Server::start(config).await.map_err(TestEnvError::Start)?;
        let client = Client::connect(server.url()).await;
        let client = client.map_err(TestEnvError::Connect)?;
        Ok(Self {
            server: Some(server),
            client,
        })
    }

    /// Connects to the server that `TEMPORAL_ADDRESS` names, as [`Client::connect_from_env`] does; where it is not set,
    /// starts one as [`start`](Self::start) does. For programs that are to run anywhere.
    ///
    /// # Errors
    /// If the server cannot be reached, or none can be started.
    pub async fn from_env() -> Result<Self, TestEnvError> {
        if std::env::var_os("TEMPORAL_ADDRESS").is_none_or(|address| address.is_empty()) {
            return Self::start().await;
        }
        let client = Client::connect_from_env().await;
        let client = client.map_err(TestEnvError::Connect)?;
        Ok(Self {
            server: None,
            client,
        })
    }

    /// A client of the server.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where other programs reach the server in this process: `http://host:port`; `None` if it is somebody else's.
    pub fn url(&self) -> Option<String> {
        self.server.as_ref().map(RunningServer::url)
    }

    /// Stops the server in this process, if there is one; what it knew is gone.
    pub async fn shutdown(self) {
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

impl fmt::Debug for TestEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEnv")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TestEnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "the server does not start: {error}"),
            Self::Connect(error) => write!(f, "the server does not answer: {error}"),
        }
    }
}

impl Error for TestEnvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Start(error) => Some(error),
            Self::Connect(error) => Some(error),
        }
    }
}
