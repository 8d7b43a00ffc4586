//! The start of a server; what it is from then on is in `running_server`.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use mainspring_proto::{
    operatorservice::v1::operator_service_server::OperatorServiceServer,
    testservice::v1::test_service_server::TestServiceServer,
    workflowservice::v1::workflow_service_server::WorkflowServiceServer,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    clock::Clocks,
    config::{Config, DEFAULT_NAMESPACE, StoreConfig},
    connection::Ends,
    frontend::{Frontend, operator::Operator, test_service::Test},
    namespace::{Namespace, NamespaceError, Namespaces},
    persistence::{Fenced, MemoryStore, OpenError, Store, StoreError, sqlite::SqliteStore},
    running_server::RunningServer,
    services::{is_for_tests, served},
    shard::hands::HeldTasks,
    transport::Incoming,
};

/// Connections that wait to be accepted: enough for a burst of workers that all start at once.
const LISTEN_BACKLOG: u32 = 1024;

/// The services of which health checks may ask.
const WORKFLOW_SERVICE: &str = <WorkflowServiceServer<Frontend> as NamedService>::NAME;
const OPERATOR_SERVICE: &str = <OperatorServiceServer<Operator> as NamedService>::NAME;
const TEST_SERVICE: &str = <TestServiceServer<Test> as NamedService>::NAME;

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
    /// The data file could not be opened.
    Open(OpenError),
    /// What is stored could not be read.
    Recover(RecoverError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(f, "{address} is already in use by another program")
            }
            Self::Listen { address, .. } => write!(f, "cannot listen on {address}"),
            Self::Open(error) => error.fmt(f),
            Self::Recover(_) => f.write_str("cannot recover from the data file"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The message says it all, and the system's words would only repeat it.
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => None,
            Self::Listen { source, .. } => Some(source),
            Self::Open(error) => error.source(),
            Self::Recover(error) => Some(error),
        }
    }
}

/// Why the state of a server could not be made of what it has stored.
#[derive(Debug)]
pub struct RecoverError(pub(crate) String);

impl fmt::Display for RecoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecoverError {}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Recover(RecoverError(error.to_string()))
    }
}

impl From<NamespaceError> for StartError {
    fn from(error: NamespaceError) -> Self {
        Self::Recover(RecoverError(format!("{error:?}")))
    }
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server and returns once it answers requests. While it reads back what it has stored it
    /// takes connections already, and answers UNAVAILABLE, and NOT_SERVING to health checks.
    ///
    /// # Errors
    /// When the address cannot be listened on, or the data file not be used; see [`StartError`].
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        // Taken before the file is touched.
        let port = bind(&config).await?;
        Self::open(config, Some(port)).await
    }

    /// Starts a server for clients in this process only, which connect by
    /// [`RunningServer::connector`]: it listens on no port.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub async fn start_in_process(config: Config) -> Result<RunningServer, StartError> {
        Self::open(config, None).await
    }

    async fn open(config: Config, port: Option<Port>) -> Result<RunningServer, StartError> {
        let (store, failure) = open_store(&config)?;
        let clocks = Clocks::start(&config);
        serve(config, port, clocks, store, failure, None).await
    }
}

/// Serves what the store has, by these clocks, to workers that hold these tasks if that is known. The port is
/// listened on once the store is known to be usable.
pub(crate) async fn serve(
    config: Config,
    port: Option<Port>,
    clocks: Clocks,
    store: Arc<dyn Store>,
    failure: CancellationToken,
    held: Option<HeldTasks>,
) -> Result<RunningServer, StartError> {
    let fence = Fenced::around(store);
    let store = match &port {
        Some(_) => fence.unfenced(),
        None => Arc::clone(&fence) as Arc<dyn Store>,
    };
    let namespaces = Arc::new(Namespaces::load(Arc::clone(&store))?);
    ensure_namespaces(&namespaces, &config).await?;
    let (listener, address) = match port {
        Some(port) => {
            let (listener, address) = port.listen()?;
            (Some(listener), Some(address))
        }
        None => (None, None),
    };
    let ends = Ends::default();
    let frontend = Arc::new(Frontend::new(
        config.clone(),
        clocks.clone(),
        Arc::clone(&store),
        namespaces,
        ends.stopping.clone(),
    ));
    let (in_memory, in_memory_receiver) = mpsc::unbounded_channel();
    let incoming = Incoming {
        listener,
        in_memory: in_memory_receiver,
    };
    let (health, health_service) = tonic_health::server::health_reporter();
    report(&health, &frontend, ServingStatus::NotServing).await;
    let served = served(&frontend, health_service);
    let serving = tokio::spawn(incoming.serve(served, ends.clone()));
    let server = RunningServer {
        address,
        ends,
        failure,
        store,
        fence,
        clocks,
        frontend: Arc::clone(&frontend),
        in_memory,
        serving,
    };
    let recovering = Arc::clone(&frontend);
    let recovered = tokio::task::spawn_blocking(move || recovering.recover(held.as_ref())).await;
    recovered.unwrap_or_else(|panic| Err(StoreError::Read(panic.to_string())))?;
    report(&health, &frontend, ServingStatus::Serving).await;
    Ok(server)
}

/// Answers health checks of the whole server and of its services from now on.
async fn report(health: &HealthReporter, frontend: &Frontend, status: ServingStatus) {
    let test_service = is_for_tests(frontend).then_some(TEST_SERVICE);
    let services = ["", WORKFLOW_SERVICE, OPERATOR_SERVICE];
    for service in services.into_iter().chain(test_service) {
        health.set_service_status(service, status).await;
    }
}

/// The store, and what is cancelled when it can no longer be written.
fn open_store(config: &Config) -> Result<(Arc<dyn Store>, CancellationToken), StartError> {
    match &config.store {
        StoreConfig::Memory => Ok((Arc::new(MemoryStore::default()), CancellationToken::new())),
        StoreConfig::Sqlite(config) => {
            let store = SqliteStore::open(config).map_err(StartError::Open)?;
            let failure = store.failure();
            Ok((Arc::new(store), failure))
        }
    }
}

/// Makes the namespaces of the configuration, and adds its search attributes to those there are.
pub(crate) async fn ensure_namespaces(
    namespaces: &Namespaces,
    config: &Config,
) -> Result<(), StartError> {
    let names = config.namespaces.iter().map(String::as_str);
    for name in std::iter::once(DEFAULT_NAMESPACE).chain(names) {
        if namespaces.by_name(name).is_err() {
            namespaces
                .register(Namespace::new(name, config.retention))
                .await?;
        }
        namespaces
            .update::<NamespaceError>(name, |namespace| {
                let attributes = config.search_attributes.iter().cloned();
                namespace.search_attributes.extend(attributes);
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// A port that is taken, but not listened on.
#[derive(Debug)]
pub(crate) struct Port {
    socket: TcpSocket,
    /// As the configuration names it.
    name: String,
}

impl Port {
    fn listen(self) -> Result<(TcpListener, SocketAddr), StartError> {
        let failed = listen_failed(&self.name);
        let listener = self.socket.listen(LISTEN_BACKLOG).map_err(&failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok((listener, address))
    }
}

/// Takes the port of the configuration.
async fn bind(config: &Config) -> Result<Port, StartError> {
    let name = format!("{}:{}", config.ip, config.port);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    let candidates = tokio::net::lookup_host((config.ip.as_str(), config.port))
        .await
        .map_err(listen_failed(&name))?;
    for candidate in candidates {
        match bind_to(candidate) {
            Ok(socket) => return Ok(Port { socket, name }),
            Err(error) => last = error,
        }
    }
    Err(listen_failed(&name)(last))
}

fn bind_to(address: SocketAddr) -> io::Result<TcpSocket> {
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
    Ok(socket)
}

fn listen_failed(address: &str) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Listen {
        address: address.to_owned(),
        source,
    }
}
