//! How a client finds its server.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use super::retry::RETRY_FOR;
use super::{Client, ClientError, Headers, Shared, TlsOptions, profile};
use crate::activity::BoxFuture;
use crate::converter::DataConverter;
use crate::interceptor::{Interceptor, Interceptors};
use crate::metrics::{Metrics, Sink};
use crate::time::IntoDuration;

/// Where a server listens unless told otherwise.
const DEFAULT_ADDRESS: &str = "127.0.0.1:7233";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Finds a dead connection within a poll; the numbers are those of the other SDKs.
const KEEP_ALIVE: KeepAlive = KeepAlive {
    interval: Duration::from_secs(30),
    timeout: Duration::from_secs(15),
};

/// When a connection counts as dead.
#[derive(Clone, Copy, Debug)]
struct KeepAlive {
    interval: Duration,
    timeout: Duration,
}

/// How to connect.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConnectOptions {
    pub(crate) address: String,
    pub(crate) namespace: String,
    pub(crate) identity: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) lazy: bool,
    pub(crate) converter: DataConverter,
    pub(crate) interceptors: Interceptors,
    pub(crate) metrics: Sink,
    pub(crate) tls: Option<TlsOptions>,
    /// Set if it is to be without TLS although there is a key.
    pub(crate) plain: bool,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) retry_for: Duration,
    keep_alive: KeepAlive,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            address: DEFAULT_ADDRESS.to_owned(),
            namespace: "default".to_owned(),
            identity: None,
            api_key: None,
            lazy: false,
            converter: DataConverter::default(),
            interceptors: Interceptors::default(),
            metrics: Sink::default(),
            tls: None,
            plain: false,
            metadata: BTreeMap::new(),
            retry_for: RETRY_FOR,
            keep_alive: KEEP_ALIVE,
        }
    }
}

impl ConnectOptions {
    /// An address such as `127.0.0.1:7233`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            ..Self::default()
        }
    }

    /// The namespace; `default` if not set.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How requests name this process; `pid@host` if not set.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.identity = Some(identity.into());
        self
    }

    /// A key that the server asks for. The connection is then secured by TLS, unless it is said to be
    /// [without](Self::without_tls).
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Connects with the first request, so that the server need not be there yet.
    pub fn lazy(mut self) -> Self {
        self.lazy = true;
        self
    }

    /// How often the server is asked whether it is still there, also while nothing else is, and how long it may take to
    /// answer: every 30 and within 15 seconds, if not set. A connection without an answer is dead, and made anew.
    pub fn keep_alive(mut self, interval: impl IntoDuration, timeout: impl IntoDuration) -> Self {
        self.keep_alive = KeepAlive {
            interval: interval.into_duration(),
            timeout: timeout.into_duration(),
        };
        self
    }

    /// How long a request that fails in passing, because the server is away or busy, is tried again after its first failure:
    /// 10 seconds if not set. Waiting for a result outlasts outages of any length, and so do the polls of workers.
    pub fn retry_for(mut self, patience: impl IntoDuration) -> Self {
        self.retry_for = patience.into_duration();
        self
    }

    /// How payloads are made.
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        self.converter = converter;
        self
    }

    /// Secures the connection.
    pub fn tls(mut self, options: TlsOptions) -> Self {
        self.tls = Some(options);
        self.plain = false;
        self
    }

    /// Does not secure the connection, although there is a key: it can then be read on the way to the server. So does an
    /// address that begins with `http://`.
    pub fn without_tls(mut self) -> Self {
        self.tls = None;
        self.plain = true;
        self
    }

    /// Adds code around the calls of this client, and around the workflows and activities of its workers.
    pub fn interceptor(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Where this client and its workers send their measurements; [`metrics`](crate::metrics) lists them.
    pub fn metrics(mut self, metrics: impl Metrics) -> Self {
        self.metrics = Sink::new(metrics);
        self
    }

    /// Adds a gRPC header to every request.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Reads what the other SDKs and the CLI read: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
    /// `TEMPORAL_TLS` and its companions, `TEMPORAL_GRPC_META_*`; and, for what these leave open, the profile
    /// `TEMPORAL_PROFILE` of the file `TEMPORAL_CONFIG_FILE` (by default `temporalio/temporal.toml` in the user's
    /// folder for configuration).
    ///
    /// # Errors
    /// If the file cannot be read, or says what cannot be done.
    pub fn from_env() -> Result<Self, ClientError> {
        profile::load(&variable, profile::grpc_meta_from_env())
    }

    /// Connects.
    ///
    /// # Errors
    /// If the server cannot be reached, unless the connection is lazy.
    pub async fn connect(self) -> Result<Client, ClientError> {
        let endpoint = self.endpoint()?;
        let channel = if self.lazy {
            endpoint.connect_lazy()
        } else {
            open(endpoint)
                .await
                .map_err(|source| ClientError::Connect {
                    address: self.address.clone(),
                    source: Box::new(source),
                })?
        };
        self.over(channel)
    }

    /// A client over a channel that is there already.
    pub(crate) fn over(self, channel: Channel) -> Result<Client, ClientError> {
        let identity = self.identity.clone().unwrap_or_else(default_identity);
        let headers = Headers::new(&self.namespace, self.api_key.as_deref(), &self.metadata)?;
        let shared = Shared::new(channel, headers, identity, self);
        Ok(Client {
            shared: Arc::new(shared),
        })
    }

    fn endpoint(&self) -> Result<Endpoint, ClientError> {
        let tls = self.wanted_tls()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let uri = match self.address.contains("://") {
            true => self.address.clone(),
            false => format!("{scheme}://{}", self.address),
        };
        let endpoint = Endpoint::from_shared(uri).map_err(|error| {
            ClientError::Options(format!(
                "{:?} is no address: {error}; write host:port, such as {DEFAULT_ADDRESS}",
                self.address
            ))
        })?;
        let endpoint = match tls {
            Some(tls) => tls.secure(endpoint)?,
            None => endpoint,
        };
        Ok(endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(self.keep_alive.interval)
            .keep_alive_timeout(self.keep_alive.timeout)
            .keep_alive_while_idle(true)
            .tcp_nodelay(true))
    }

    /// How the connection is to be secured: as options, address and key say, in this order.
    pub(super) fn wanted_tls(&self) -> Result<Option<TlsOptions>, ClientError> {
        let scheme = self.address.split_once("://").map(|it| it.0);
        match (&self.tls, scheme) {
            (Some(_), Some("http")) => Err(ClientError::Options(format!(
                "the address {:?} asks for a connection without TLS, and options for TLS are set: leave out `http://`, or \
                 the options",
                self.address
            ))),
            (Some(tls), _) => Ok(Some(tls.clone())),
            (None, Some("https")) => Ok(Some(TlsOptions::new())),
            (None, Some(_)) => Ok(None),
            // A key must not travel in clear text, unless the user says so.
            (None, None) => {
                let wanted = self.api_key.is_some() && !self.plain;
                Ok(wanted.then(TlsOptions::new))
            }
        }
    }
}

/// A connection not yet made: set options, then await it.
#[must_use = "a connection is not made unless awaited"]
#[derive(Clone, Debug)]
pub struct Connect {
    options: ConnectOptions,
}

impl Connect {
    pub(super) fn to(address: impl Into<String>) -> Self {
        Self {
            options: ConnectOptions::new(address),
        }
    }

    /// The namespace; `default` if not set.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.options = self.options.namespace(namespace);
        self
    }

    /// How requests name this process; `pid@host` if not set.
    pub fn identity(mut self, identity: impl Into<String>) -> Self {
        self.options = self.options.identity(identity);
        self
    }

    /// A key that the server asks for. The connection is then secured by TLS, unless the address begins with `http://`.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.options = self.options.api_key(key);
        self
    }

    /// Secures the connection.
    pub fn tls(mut self, options: TlsOptions) -> Self {
        self.options = self.options.tls(options);
        self
    }

    /// Connects with the first request, so that the server need not be there yet.
    pub fn lazy(mut self) -> Self {
        self.options = self.options.lazy();
        self
    }

    /// How payloads are made.
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        self.options = self.options.data_converter(converter);
        self
    }
}

impl IntoFuture for Connect {
    type Output = Result<Client, ClientError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.options.connect())
    }
}

/// Opens a connection. Boxed here, so that all that it takes is compiled once and not in each program.
fn open(endpoint: Endpoint) -> BoxFuture<'static, Result<Channel, tonic::transport::Error>> {
    Box::pin(async move { endpoint.connect().await })
}

fn variable(name: &str) -> Result<Option<String>, ClientError> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(ClientError::Options(format!("{name} is not Unicode")))
        }
    }
}

/// `pid@host`, as the other SDKs name a process.
fn default_identity() -> String {
    format!("{}@{}", std::process::id(), host_name())
}

/// The name of this machine.
pub(crate) fn host_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok());
    host.as_deref().map_or("localhost", str::trim).to_owned()
}
