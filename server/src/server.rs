//! The server as a value: start it, ask where it listens, stop it.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use mainspring_proto::{
    FILE_DESCRIPTOR_SET, operatorservice::v1::operator_service_server::OperatorServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use tokio::{
    io::DuplexStream,
    net::{TcpListener, TcpSocket},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, transport};

use crate::{
    config::Config,
    frontend::{Frontend, operator::Operator},
    transport::Incoming,
};

/// How long a stopping server lets requests in flight finish before it cuts the connections.
/// Long polls are ended at once, so this only bounds clients that do not read their answers.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// How often an idle connection is probed, and how long an answer may take.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections that wait to be accepted: enough for a burst of workers that all start at once.
const LISTEN_BACKLOG: u32 = 1024;

/// The buffer of an in-memory connection, in bytes: as large as HTTP/2's default window.
const DUPLEX_BUFFER: usize = 64 * 1024;

/// Why a server did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The host could not be resolved, or the port could not be taken.
    Listen {
        /// The host and port asked for.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The embedded descriptors could not be served by reflection.
    Reflection(tonic_reflection::server::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "{address} is already in use by another program")
            }
            Self::Listen { address, .. } => write!(f, "cannot listen on {address}"),
            Self::Reflection(_) => f.write_str("cannot serve gRPC reflection"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The message says it all, and the system's words would only repeat it.
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => None,
            Self::Listen { source, .. } => Some(source),
            Self::Reflection(source) => Some(source),
        }
    }
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server and returns once it accepts connections.
    ///
    /// # Errors
    /// When the address cannot be listened on; see [`StartError`].
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        let listener = listen(&config).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: format!("{}:{}", config.ip, config.port),
            source,
        })?;
        let message_size = config.limits.message_size;

        let stopping = CancellationToken::new();
        let closed = CancellationToken::new();
        let frontend = Arc::new(Frontend::new(config, stopping.clone()));

        let (in_memory, in_memory_receiver) = mpsc::unbounded_channel();
        let incoming = Incoming {
            listener,
            in_memory: in_memory_receiver,
            closed: closed.clone(),
        };

        let (health_reporter, health) = tonic_health::server::health_reporter();
        health_reporter
            .set_serving::<WorkflowServiceServer<Frontend>>()
            .await;
        health_reporter
            .set_serving::<OperatorServiceServer<Operator>>()
            .await;
        let operator_service = OperatorServiceServer::new(Operator(Arc::clone(&frontend)))
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(message_size);
        let workflow_service = WorkflowServiceServer::from_arc(frontend)
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(message_size);
        let router = transport::Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .add_service(health)
            .add_service(reflection()?.build_v1().map_err(StartError::Reflection)?)
            .add_service(
                reflection()?
                    .build_v1alpha()
                    .map_err(StartError::Reflection)?,
            )
            .add_service(operator_service)
            .add_service(workflow_service);
        let serving = tokio::spawn(
            router.serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned()),
        );

        Ok(RunningServer {
            address,
            stopping,
            closed,
            in_memory,
            serving,
        })
    }
}

fn reflection() -> Result<tonic_reflection::server::Builder<'static>, StartError> {
    Ok(tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET))
}

async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen {
        address: format!("{}:{}", config.ip, config.port),
        source,
    };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    let candidates = tokio::net::lookup_host((config.ip.as_str(), config.port))
        .await
        .map_err(failed)?;
    for candidate in candidates {
        match bind(candidate) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A server that is restarted must not wait for the old connections' TIME_WAIT. (On Windows the
    // option would let two servers share a port.)
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    stopping: CancellationToken,
    closed: CancellationToken,
    in_memory: mpsc::UnboundedSender<DuplexStream>,
    serving: JoinHandle<Result<(), transport::Error>>,
}

impl RunningServer {
    /// Stops: long polls end empty, requests in flight get half a second, then connections are cut.
    pub async fn shutdown(mut self) {
        self.stopping.cancel();
        let finished = tokio::time::timeout(SHUTDOWN_GRACE, &mut self.serving).await;
        self.closed.cancel();
        if finished.is_err() {
            self.serving.abort();
        }
    }

    /// The address it listens on, with the port that was taken if the configuration said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a client takes it, `http://host:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A new connection to this server that never leaves the process.
    ///
    /// # Errors
    /// When the server no longer takes connections.
    pub fn connect_in_memory(&self) -> io::Result<DuplexStream> {
        let (client, server) = tokio::io::duplex(DUPLEX_BUFFER);
        self.in_memory
            .send(server)
            .map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(client)
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.closed.cancel();
    }
}
