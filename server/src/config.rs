//! What a server is told at its start.

use std::time::{Duration, SystemTime};

use mainspring_proto::enums::v1::IndexedValueType;

pub use crate::{
    history::limits::Limits as RunLimits,
    persistence::sqlite::{Durability, SqliteConfig},
};

/// The namespace that always exists.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The port of Temporal's frontend, and so ours.
pub const DEFAULT_PORT: u16 = 7233;

/// How long closed runs are kept in a namespace made at the start: a day, as the dev server does.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// How much memory hot runs may take, in MiB: some 50,000 runs of ordinary size.
pub const DEFAULT_CACHE_MIB: usize = 512;

/// How long closed runs are kept by a server for tests.
const TEST_RETENTION: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// When the clock of a server for tests may jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSkipping {
    /// Whenever nothing is at work.
    Unlocked,
    /// Not before a client unlocks it once more than it locks it.
    Locked,
    /// While a client waits for the result of a workflow or an update, or for time to pass.
    WhileWaiting,
}

/// The configuration of a [`Server`](crate::Server).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The host or address to listen on.
    pub ip: String,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Namespaces to create at the start, besides [`DEFAULT_NAMESPACE`].
    pub namespaces: Vec<String>,
    /// Custom search attributes to register in each of these namespaces.
    pub search_attributes: Vec<(String, IndexedValueType)>,
    /// How long closed runs are kept in the namespaces made at the start.
    pub retention: Duration,
    /// The limits on what requests may carry.
    pub limits: Limits,
    /// The limits on what one run may hold. The sizes of ids, blobs and memos are those of
    /// [`Config::limits`], whatever is said here.
    pub run_limits: RunLimits,
    /// What the server takes for the time; `None` for that of the machine.
    pub time_skipping: Option<TimeSkipping>,
    /// When clocks that skip time start; `None` for the machine's time.
    pub starts_at: Option<SystemTime>,
    /// Whether each namespace has a clock of its own, where time is skipped. Clients of the protocol's `TestService` say by
    /// the header `temporal-namespace` which clock they mean; without it, it is that of [`DEFAULT_NAMESPACE`].
    pub clock_per_namespace: bool,
    /// In tests: what goes wrong between this server and its clients follows from this number.
    /// Requests and answers are lost, delayed, and come twice.
    pub faults_seed: Option<u64>,
    /// Where everything is kept.
    pub store: StoreConfig,
    /// How much memory the runs that are in use may take, in MiB; others are read back from the
    /// store when they are needed. With [`StoreConfig::Memory`] the store itself comes on top.
    pub cache_mib: usize,
}

/// Where a server keeps everything.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// In memory: it ends with the server.
    Memory,
    /// In a SQLite file.
    Sqlite(SqliteConfig),
}

impl Config {
    /// A server on 127.0.0.1:7233 that keeps everything in memory.
    pub fn in_memory() -> Self {
        Self {
            ip: "127.0.0.1".into(),
            port: DEFAULT_PORT,
            namespaces: Vec::new(),
            search_attributes: Vec::new(),
            retention: DEFAULT_RETENTION,
            limits: Limits::default(),
            run_limits: RunLimits::default(),
            time_skipping: None,
            starts_at: None,
            clock_per_namespace: false,
            faults_seed: None,
            store: StoreConfig::Memory,
            cache_mib: DEFAULT_CACHE_MIB,
        }
    }

    /// A server for tests: in memory, on a free port if it is started with one, with a clock that jumps to what is due next
    /// whenever nothing is at work, and with the protocol's `TestService`, which controls it. Closed
    /// runs are kept for a century, so that a test can look at them after it has skipped time.
    pub fn for_tests(time_skipping: TimeSkipping) -> Self {
        Self {
            time_skipping: Some(time_skipping),
            retention: TEST_RETENTION,
            ..Self::in_memory().with_port(0)
        }
    }

    /// A server on 127.0.0.1:7233 that keeps everything in a SQLite file, and is back where it was
    /// when it is started on that file again.
    pub fn in_file(path: impl Into<std::path::PathBuf>) -> Self {
        Self {
            store: StoreConfig::Sqlite(SqliteConfig::new(path)),
            ..Self::in_memory()
        }
    }

    /// The same, on another port; 0 takes a free one.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The same, with faults on the way to and from its clients, which follow from this number.
    pub fn with_faults(mut self, seed: u64) -> Self {
        self.faults_seed = Some(seed);
        self
    }

    /// The same, with one more namespace created at the start.
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespaces.push(namespace.into());
        self
    }

    /// The same, with one more custom search attribute.
    pub fn with_search_attribute(
        mut self,
        name: impl Into<String>,
        value_type: IndexedValueType,
    ) -> Self {
        self.search_attributes.push((name.into(), value_type));
        self
    }
}

/// Bounds on what a request may carry. The defaults are those of Temporal's server, which workers
/// and clients already live with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The longest workflow id, task queue, type or other name, in bytes.
    pub id_length: usize,
    /// The largest payload, failure or result, in bytes.
    pub blob_size: usize,
    /// The largest memo, in bytes.
    pub memo_size: usize,
    /// The largest value of one search attribute, in bytes.
    pub search_attribute_value_size: usize,
    /// The most search attributes of one run.
    pub search_attributes: usize,
    /// The largest sum of a run's search attributes, in bytes.
    pub search_attributes_size: usize,
    /// The most links of one request.
    pub links: usize,
    /// The largest link, in bytes.
    pub link_size: usize,
    /// The largest gRPC message taken, in bytes.
    pub message_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            id_length: 1000,
            blob_size: 2 * MIB,
            memo_size: 2 * MIB,
            search_attribute_value_size: 2 * 1024,
            search_attributes: 100,
            search_attributes_size: 40 * 1024,
            links: 10,
            link_size: 4000,
            message_size: 4 * MIB,
        }
    }
}

/// Why a value of the configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// A search attribute's type is none of the seven.
    UnknownSearchAttributeType(String),
    /// `Name=Type` without the `=`, or with an empty side.
    NotKeyValue(String),
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownSearchAttributeType(found) => write!(
                f,
                "unknown search attribute type {found:?}; it is one of Text, Keyword, Int, Double, \
                 Bool, Datetime, KeywordList"
            ),
            Self::NotKeyValue(found) => write!(f, "expected KEY=VALUE, found {found:?}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads `KEY=VALUE`.
pub(crate) fn key_value(text: &str) -> Result<(String, String), ConfigError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(ConfigError::NotKeyValue(text.to_owned())),
    }
}

/// Reads the name of a search attribute's type, in any case, as the CLI of Temporal does.
pub(crate) fn search_attribute_type(name: &str) -> Result<IndexedValueType, ConfigError> {
    match name.to_ascii_lowercase().as_str() {
        "text" => Ok(IndexedValueType::Text),
        "keyword" => Ok(IndexedValueType::Keyword),
        "int" => Ok(IndexedValueType::Int),
        "double" => Ok(IndexedValueType::Double),
        "bool" => Ok(IndexedValueType::Bool),
        "datetime" => Ok(IndexedValueType::Datetime),
        "keywordlist" | "keyword_list" => Ok(IndexedValueType::KeywordList),
        _ => Err(ConfigError::UnknownSearchAttributeType(name.to_owned())),
    }
}
