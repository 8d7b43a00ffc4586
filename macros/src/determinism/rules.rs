//! The flat table of names that workflow code must not use: what, which rule, why, what instead.
//!
//! A pattern is a full path; `*` at its end stands for the rest, within a name for the rest of that name, `!` for a macro.
//! `docs/errors/<id>.md` has the page of each rule. Keep the more special pattern above the more general one: the first
//! that fits wins.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// How sure the rule is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Severity {
    Error,
    /// Harmless more often than not: a warning.
    Warning,
    /// An exception: named so that a wider pattern below does not catch it.
    Fine,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) pattern: &'static str,
    pub(crate) id: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) instead: &'static str,
    pub(crate) severity: Severity,
}

const fn error(
    pattern: &'static str,
    id: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> Rule {
    Rule {
        pattern,
        id,
        reason,
        instead,
        severity: Severity::Error,
    }
}

const fn warning(
    pattern: &'static str,
    id: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> Rule {
    Rule {
        pattern,
        id,
        reason,
        instead,
        severity: Severity::Warning,
    }
}

const fn fine(pattern: &'static str) -> Rule {
    Rule {
        pattern,
        id: "",
        reason: "",
        instead: "",
        severity: Severity::Fine,
    }
}

const CLOCK: &str = "the wall clock differs on replay";
const NOW: &str = "`workflow::now()`";
const ZONE: &str = "the machine's time zone and locale differ between workers";
const RANDOM: &str = "randomness differs on replay";
const IDENTITY: &str = "addresses and layout differ from process to process";
const TIMER: &str = "this timer is in memory only, and is not there after a restart";
const SLEEP: &str = "`workflow::sleep(..)` or `workflow::timeout(..)`";
const THREAD: &str = "threads and tasks of other executors are not replayed";
const SPAWN: &str = "`workflow::spawn(..)` for workflow code, an activity for other work";
const ORDER: &str = "it polls in an order that differs on replay";
const COMBINE: &str =
    "Mainspring's `select!`, `join!`, `race` or `join_all`, which poll in the order written";
const CHANNEL: &str = "what wakes it is not in history";
const WAIT: &str = "`workflow::channel()`, `workflow::wait_until(..)` or `State<T>`";
const LOCK: &str = "a workflow that blocks its thread blocks every other one on it";
const STATE: &str = "`State<T>`: handlers run one at a time";
const BLOCK: &str = "it blocks the worker's thread on something that is not replayed";
const AWAIT: &str = "`.await` in an `async` method or a `#[workflow_fn]`";
const FILES: &str = "files differ between workers and over time";
const NETWORK: &str = "the network answers differently on replay";
const DATABASE: &str = "a database answers differently on replay";
const ACTIVITY: &str = "an activity";
const PROCESS: &str = "processes and signals are not replayed";
const ENVIRONMENT: &str = "the environment differs between workers";
const INPUT: &str = "the workflow's input, or `workflow::side_effect(..)`";
const OUTPUT: &str = "it prints again on every replay";
const LOG: &str = "`workflow::info!` and its siblings, which are silent on replay";
const HOST: &str = "this is a fact about the machine, and replay may happen on another";
const CLIENT: &str = "a client call is made again on every replay";
const STUB: &str =
    "a child (`Greeting.child()`), an external stub (`Greeting.external(id)`) or an activity";
const GLOBAL: &str = "a global is shared by all workflows of the process and gone after a restart";
const FIELD: &str = "a field of the workflow: `State<T>`";
const COUNT: &str = "when memory is freed differs on replay";
const BUILD: &str = "another build of this code takes another way on replay";
const PATCH: &str = "`workflow::patched(\"id\")`";

#[rustfmt::skip] // a table: one rule, one line
pub(crate) const RULES: &[Rule] = &[
    // MS01: time
    error("std::time::SystemTime::now", "MS0101", CLOCK, NOW),
    error("std::time::SystemTime::elapsed", "MS0101", CLOCK, NOW),
    error("chrono::Utc::now", "MS0101", CLOCK, NOW),
    error("chrono::Local::now", "MS0101", CLOCK, NOW),
    error("chrono::offset::Utc::now", "MS0101", CLOCK, NOW),
    error("chrono::offset::Local::now", "MS0101", CLOCK, NOW),
    error("chrono::prelude::Utc::now", "MS0101", CLOCK, NOW),
    error("chrono::prelude::Local::now", "MS0101", CLOCK, NOW),
    error("time::OffsetDateTime::now_utc", "MS0101", CLOCK, NOW),
    error("time::OffsetDateTime::now_local", "MS0101", CLOCK, NOW),
    error("time::UtcDateTime::now", "MS0101", CLOCK, NOW),
    error("jiff::Timestamp::now", "MS0101", CLOCK, NOW),
    error("jiff::Zoned::now", "MS0101", CLOCK, NOW),
    error("std::time::Instant::now", "MS0102", CLOCK, NOW),
    error("std::time::Instant::elapsed", "MS0102", CLOCK, NOW),
    error("tokio::time::Instant::now", "MS0102", CLOCK, NOW),
    error("tokio::time::Instant::elapsed", "MS0102", CLOCK, NOW),
    error("quanta::*", "MS0102", CLOCK, NOW),
    error("minstant::*", "MS0102", CLOCK, NOW),
    error("coarsetime::*", "MS0102", CLOCK, NOW),
    error("web_time::*", "MS0102", CLOCK, NOW),
    error("chrono::Local", "MS0103", ZONE, "a zone passed as input"),
    error("chrono::offset::Local", "MS0103", ZONE, "a zone passed as input"),
    error("chrono::prelude::Local", "MS0103", ZONE, "a zone passed as input"),
    error("jiff::tz::TimeZone::system", "MS0103", ZONE, "a zone passed as input"),
    error("iana_time_zone::*", "MS0103", ZONE, "a zone passed as input"),
    error("sys_locale::*", "MS0103", ZONE, "a locale passed as input"),
    // MS02: randomness, order, identity
    fine("rand::rngs::StdRng::seed_from_u64"),
    fine("rand::rngs::StdRng::from_seed"),
    fine("rand::rngs::SmallRng::seed_from_u64"),
    error("rand::rngs::StdRng::from_os_rng", "MS0201", RANDOM, "`StdRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand::rngs::StdRng::from_entropy", "MS0201", RANDOM, "`StdRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand::rngs::SmallRng::from_os_rng", "MS0201", RANDOM, "`SmallRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand::rngs::SmallRng::from_entropy", "MS0201", RANDOM, "`SmallRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand::rngs::OsRng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::rngs::ThreadRng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::rng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::thread_rng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::random", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::random_range", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::random_bool", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::random_iter", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::random_ratio", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::fill", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::prelude::rng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::prelude::thread_rng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::prelude::random", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::prelude::ThreadRng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand::prelude::StdRng::from_os_rng", "MS0201", RANDOM, "`StdRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand::prelude::StdRng::from_entropy", "MS0201", RANDOM, "`StdRng::seed_from_u64(workflow::random().next_u64())`"),
    error("rand_core::OsRng", "MS0201", RANDOM, "`workflow::random()`"),
    error("rand_chacha::*::from_os_rng", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("rand_chacha::*::from_entropy", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("rand_pcg::*::from_os_rng", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("rand_pcg::*::from_entropy", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("rand_xoshiro::*::from_os_rng", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("rand_xoshiro::*::from_entropy", "MS0201", RANDOM, "a seed drawn from `workflow::random()`"),
    error("fastrand::*", "MS0201", RANDOM, "`workflow::random()`"),
    error("getrandom::*", "MS0201", RANDOM, "`workflow::random()`"),
    error("oorandom::*", "MS0201", RANDOM, "`workflow::random()`"),
    error("nanorand::*", "MS0201", RANDOM, "`workflow::random()`"),
    error("uuid::Uuid::new_v1", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("uuid::Uuid::now_v1", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("uuid::Uuid::new_v4", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("uuid::Uuid::new_v6", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("uuid::Uuid::new_v7", "MS0202", RANDOM, "`workflow::uuid_v7()`"),
    error("uuid::Uuid::now_v6", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("uuid::Uuid::now_v7", "MS0202", RANDOM, "`workflow::uuid_v7()`"),
    error("ulid::Ulid::new", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("ulid::Ulid::from_datetime", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("nanoid::nanoid!", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("cuid::*", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("cuid2::*", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("xid::new", "MS0202", RANDOM, "`workflow::uuid()`"),
    error("std::collections::hash_map::RandomState", "MS0203", "its keys are random in every process", "`BTreeMap`, or a hasher with fixed keys"),
    error("std::hash::RandomState", "MS0203", "its keys are random in every process", "`BTreeMap`, or a hasher with fixed keys"),
    error("dashmap::*", "MS0203", "its iteration order is random", "`State<BTreeMap<..>>`"),
    error("std::sync::Arc::as_ptr", "MS0204", IDENTITY, "an id in the data"),
    error("std::rc::Rc::as_ptr", "MS0204", IDENTITY, "an id in the data"),
    error("std::ptr::eq", "MS0204", IDENTITY, "an id in the data"),
    error("std::ptr::addr_eq", "MS0204", IDENTITY, "an id in the data"),
    error("std::ptr::hash", "MS0204", IDENTITY, "a hash of the content"),
    error("std::any::type_name", "MS0204", "its text may change with any compiler", "a name of your own"),
    error("std::any::type_name_of_val", "MS0204", "its text may change with any compiler", "a name of your own"),
    error("std::any::TypeId", "MS0204", IDENTITY, "a name of your own"),
    error("std::hash::DefaultHasher", "MS0204", "its algorithm may change with any release of Rust", "a hash whose algorithm is fixed"),
    error("std::collections::hash_map::DefaultHasher", "MS0204", "its algorithm may change with any release of Rust", "a hash whose algorithm is fixed"),
    // MS03: waiting and concurrency
    fine("tokio::time::Duration"),
    error("tokio::time::*", "MS0301", TIMER, SLEEP),
    error("async_io::Timer", "MS0301", TIMER, SLEEP),
    error("async_std::task::sleep", "MS0301", TIMER, SLEEP),
    error("smol::Timer", "MS0301", TIMER, SLEEP),
    error("futures_timer::*", "MS0301", TIMER, SLEEP),
    error("std::thread::sleep", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::thread::sleep_ms", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::thread::park", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::thread::park_timeout", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::thread::yield_now", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::hint::spin_loop", "MS0302", "it blocks the worker's thread, and is not in history", SLEEP),
    error("std::thread::current", "MS0408", HOST, INPUT),
    error("std::thread::available_parallelism", "MS0408", HOST, INPUT),
    error("std::thread::*", "MS0303", THREAD, SPAWN),
    error("thread_local!", "MS0501", GLOBAL, FIELD),
    error("tokio::spawn", "MS0303", THREAD, SPAWN),
    error("tokio::task::*", "MS0303", THREAD, SPAWN),
    error("tokio_util::task::*", "MS0303", THREAD, SPAWN),
    error("tokio::task_local!", "MS0501", GLOBAL, FIELD),
    error("async_std::task::*", "MS0303", THREAD, SPAWN),
    error("smol::spawn", "MS0303", THREAD, SPAWN),
    error("smol::unblock", "MS0303", THREAD, SPAWN),
    error("smol::Executor", "MS0303", THREAD, SPAWN),
    error("smol::LocalExecutor", "MS0303", THREAD, SPAWN),
    error("async_executor::*", "MS0303", THREAD, SPAWN),
    error("rayon::*", "MS0303", THREAD, SPAWN),
    error("crossbeam::scope", "MS0303", THREAD, SPAWN),
    error("crossbeam::thread::*", "MS0303", THREAD, SPAWN),
    error("tokio::select!", "MS0304", "it starts with a random branch", COMBINE),
    error("tokio::join!", "MS0304", ORDER, COMBINE),
    error("tokio::try_join!", "MS0304", ORDER, COMBINE),
    error("futures::select!", "MS0304", "it starts with a random branch", COMBINE),
    error("futures::select_biased!", "MS0304", ORDER, COMBINE),
    error("futures::join!", "MS0304", ORDER, COMBINE),
    error("futures::try_join!", "MS0304", ORDER, COMBINE),
    error("futures::future::select*", "MS0304", ORDER, COMBINE),
    error("futures::future::try_select", "MS0304", ORDER, COMBINE),
    error("futures::future::join*", "MS0304", ORDER, COMBINE),
    error("futures::future::try_join*", "MS0304", ORDER, COMBINE),
    error("futures::stream::FuturesUnordered", "MS0304", ORDER, COMBINE),
    error("futures::stream::FuturesOrdered", "MS0304", ORDER, COMBINE),
    error("futures::stream::select*", "MS0304", ORDER, COMBINE),
    error("futures::channel::*", "MS0305", CHANNEL, WAIT),
    error("futures_channel::*", "MS0305", CHANNEL, WAIT),
    error("futures::lock::*", "MS0305", CHANNEL, WAIT),
    error("futures_util::future::*", "MS0304", ORDER, COMBINE),
    error("futures_util::stream::FuturesUnordered", "MS0304", ORDER, COMBINE),
    error("futures_util::stream::FuturesOrdered", "MS0304", ORDER, COMBINE),
    error("futures_util::stream::select*", "MS0304", ORDER, COMBINE),
    error("tokio_stream::StreamMap", "MS0304", ORDER, COMBINE),
    error("futures_util::select!", "MS0304", "it starts with a random branch", COMBINE),
    error("futures_util::select_biased!", "MS0304", ORDER, COMBINE),
    error("futures_util::join!", "MS0304", ORDER, COMBINE),
    error("futures_util::try_join!", "MS0304", ORDER, COMBINE),
    error("futures_lite::future::block_on", "MS0308", BLOCK, AWAIT),
    error("futures_lite::future::*", "MS0304", ORDER, COMBINE),
    error("futures_concurrency::*", "MS0304", ORDER, COMBINE),
    error("tokio::sync::*", "MS0305", CHANNEL, WAIT),
    error("tokio_util::sync::*", "MS0305", CHANNEL, "`workflow::cancelled()`"),
    error("std::sync::mpsc::*", "MS0305", CHANNEL, WAIT),
    error("std::sync::mpmc::*", "MS0305", CHANNEL, WAIT),
    error("crossbeam::channel::*", "MS0305", CHANNEL, WAIT),
    error("crossbeam_channel::*", "MS0305", CHANNEL, WAIT),
    error("flume::*", "MS0305", CHANNEL, WAIT),
    error("async_channel::*", "MS0305", CHANNEL, WAIT),
    error("async_std::channel::*", "MS0305", CHANNEL, WAIT),
    error("async_std::sync::*", "MS0305", CHANNEL, WAIT),
    error("async_lock::*", "MS0305", CHANNEL, WAIT),
    error("smol::channel::*", "MS0305", CHANNEL, WAIT),
    error("smol::lock::*", "MS0305", CHANNEL, WAIT),
    error("event_listener::*", "MS0305", CHANNEL, WAIT),
    error("kanal::*", "MS0305", CHANNEL, WAIT),
    error("std::sync::Mutex", "MS0306", LOCK, STATE),
    error("std::sync::RwLock", "MS0306", LOCK, STATE),
    error("std::sync::Condvar", "MS0306", LOCK, "`workflow::wait_until(..)`"),
    error("std::sync::Barrier", "MS0306", LOCK, "`workflow::wait_until(..)`"),
    error("parking_lot::*", "MS0306", LOCK, STATE),
    error("futures::executor::*", "MS0308", BLOCK, AWAIT),
    error("futures_executor::*", "MS0308", BLOCK, AWAIT),
    error("async_io::block_on", "MS0308", BLOCK, AWAIT),
    error("pollster::*", "MS0308", BLOCK, AWAIT),
    error("smol::block_on", "MS0308", BLOCK, AWAIT),
    error("tokio::runtime::*", "MS0308", BLOCK, AWAIT),
    // MS04: the outside world
    error("std::fs::*", "MS0401", FILES, ACTIVITY),
    error("tokio::fs::*", "MS0401", FILES, ACTIVITY),
    error("async_std::fs::*", "MS0401", FILES, ACTIVITY),
    error("async_fs::*", "MS0401", FILES, ACTIVITY),
    error("smol::fs::*", "MS0401", FILES, ACTIVITY),
    error("fs_err::*", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::exists", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::try_exists", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::metadata", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::symlink_metadata", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::canonicalize", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::read_link", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::read_dir", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::is_file", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::is_dir", "MS0401", FILES, ACTIVITY),
    error("std::path::Path::is_symlink", "MS0401", FILES, ACTIVITY),
    error("tempfile::*", "MS0401", FILES, ACTIVITY),
    error("walkdir::*", "MS0401", FILES, ACTIVITY),
    error("glob::*", "MS0401", FILES, ACTIVITY),
    fine("std::net::IpAddr"),
    fine("std::net::Ipv4Addr"),
    fine("std::net::Ipv6Addr"),
    fine("std::net::SocketAddr"),
    fine("std::net::SocketAddrV4"),
    fine("std::net::SocketAddrV6"),
    error("std::net::*", "MS0402", NETWORK, ACTIVITY),
    error("std::os::unix::net::*", "MS0402", NETWORK, ACTIVITY),
    error("tokio::net::*", "MS0402", NETWORK, ACTIVITY),
    error("async_std::net::*", "MS0402", NETWORK, ACTIVITY),
    error("smol::net::*", "MS0402", NETWORK, ACTIVITY),
    error("tokio_tungstenite::*", "MS0402", NETWORK, ACTIVITY),
    fine("reqwest::StatusCode"),
    fine("reqwest::Url"),
    fine("reqwest::Method"),
    error("reqwest::*", "MS0402", NETWORK, ACTIVITY),
    error("ureq::*", "MS0402", NETWORK, ACTIVITY),
    error("hyper::client::*", "MS0402", NETWORK, ACTIVITY),
    error("hyper_util::*", "MS0402", NETWORK, ACTIVITY),
    error("tonic::transport::*", "MS0402", NETWORK, ACTIVITY),
    error("isahc::*", "MS0402", NETWORK, ACTIVITY),
    error("surf::*", "MS0402", NETWORK, ACTIVITY),
    error("lettre::transport::*", "MS0402", NETWORK, ACTIVITY),
    error("sqlx::query*", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::raw_sql", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::Pool", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::PgPool", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::MySqlPool", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::SqlitePool", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::AnyPool", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::PgConnection", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::MySqlConnection", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::SqliteConnection", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::AnyConnection", "MS0403", DATABASE, ACTIVITY),
    fine("sqlx::postgres::types"),
    fine("sqlx::postgres::PgRow"),
    fine("sqlx::mysql::types"),
    fine("sqlx::mysql::MySqlRow"),
    fine("sqlx::sqlite::SqliteRow"),
    error("sqlx::postgres::*", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::mysql::*", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::sqlite::*", "MS0403", DATABASE, ACTIVITY),
    error("sqlx::any::*", "MS0403", DATABASE, ACTIVITY),
    error("diesel::insert_into", "MS0403", DATABASE, ACTIVITY),
    error("diesel::update", "MS0403", DATABASE, ACTIVITY),
    error("diesel::delete", "MS0403", DATABASE, ACTIVITY),
    error("diesel::sql_query", "MS0403", DATABASE, ACTIVITY),
    error("diesel::select", "MS0403", DATABASE, ACTIVITY),
    error("diesel::PgConnection", "MS0403", DATABASE, ACTIVITY),
    error("diesel::MysqlConnection", "MS0403", DATABASE, ACTIVITY),
    error("diesel::SqliteConnection", "MS0403", DATABASE, ACTIVITY),
    error("diesel_async::*", "MS0403", DATABASE, ACTIVITY),
    error("rusqlite::Connection", "MS0403", DATABASE, ACTIVITY),
    error("redis::Client", "MS0403", DATABASE, ACTIVITY),
    error("redis::cmd", "MS0403", DATABASE, ACTIVITY),
    error("redis::pipe", "MS0403", DATABASE, ACTIVITY),
    error("redis::aio::*", "MS0403", DATABASE, ACTIVITY),
    error("mongodb::Client", "MS0403", DATABASE, ACTIVITY),
    error("tokio_postgres::*", "MS0403", DATABASE, ACTIVITY),
    error("postgres::Client", "MS0403", DATABASE, ACTIVITY),
    error("mysql::Pool", "MS0403", DATABASE, ACTIVITY),
    error("mysql::Conn", "MS0403", DATABASE, ACTIVITY),
    error("bb8::*", "MS0403", DATABASE, ACTIVITY),
    error("r2d2::*", "MS0403", DATABASE, ACTIVITY),
    error("deadpool::*", "MS0403", DATABASE, ACTIVITY),
    error("aws_config::*", "MS0403", NETWORK, ACTIVITY),
    error("aws_sdk_*::Client", "MS0403", NETWORK, ACTIVITY),
    error("std::process::*", "MS0404", PROCESS, "an activity, or return `Err`"),
    error("tokio::process::*", "MS0404", PROCESS, ACTIVITY),
    error("tokio::signal::*", "MS0404", PROCESS, "a `#[signal]`"),
    error("ctrlc::*", "MS0404", PROCESS, "a `#[signal]`"),
    error("signal_hook::*", "MS0404", PROCESS, "a `#[signal]`"),
    error("std::env::*", "MS0405", ENVIRONMENT, INPUT),
    error("std::path::absolute", "MS0405", ENVIRONMENT, INPUT),
    error("dotenvy::*", "MS0405", ENVIRONMENT, INPUT),
    error("dotenv::*", "MS0405", ENVIRONMENT, INPUT),
    error("std::io::stdin", "MS0406", "nobody answers on replay", "a `#[signal]` or an `#[update]`"),
    error("tokio::io::stdin", "MS0406", "nobody answers on replay", "a `#[signal]` or an `#[update]`"),
    error("std::io::stdout", "MS0407", OUTPUT, LOG),
    error("std::io::stderr", "MS0407", OUTPUT, LOG),
    error("tokio::io::stdout", "MS0407", OUTPUT, LOG),
    error("tokio::io::stderr", "MS0407", OUTPUT, LOG),
    warning("println!", "MS0407", OUTPUT, LOG),
    warning("eprintln!", "MS0407", OUTPUT, LOG),
    warning("print!", "MS0407", OUTPUT, LOG),
    warning("eprint!", "MS0407", OUTPUT, LOG),
    warning("dbg!", "MS0407", OUTPUT, LOG),
    warning("log::trace!", "MS0407", OUTPUT, LOG),
    warning("log::debug!", "MS0407", OUTPUT, LOG),
    warning("log::info!", "MS0407", OUTPUT, LOG),
    warning("log::warn!", "MS0407", OUTPUT, LOG),
    warning("log::error!", "MS0407", OUTPUT, LOG),
    warning("log::log!", "MS0407", OUTPUT, LOG),
    error("num_cpus::*", "MS0408", HOST, INPUT),
    error("os_info::*", "MS0408", HOST, INPUT),
    error("sys_info::*", "MS0408", HOST, INPUT),
    error("hostname::*", "MS0408", HOST, INPUT),
    error("gethostname::*", "MS0408", HOST, INPUT),
    error("whoami::*", "MS0408", HOST, INPUT),
    error("sysinfo::*", "MS0408", HOST, INPUT),
    error("mainspring::Client", "MS0409", CLIENT, STUB),
    error("mainspring::client::*", "MS0409", CLIENT, STUB),
    error("mainspring::prelude::Client", "MS0409", CLIENT, STUB),
    error("mainspring::Worker", "MS0409", CLIENT, STUB),
    // MS05: what outlives or escapes the workflow
    error("lazy_static::lazy_static!", "MS0501", GLOBAL, FIELD),
    error("lazy_static!", "MS0501", GLOBAL, FIELD),
    error("std::sync::Arc::strong_count", "MS0503", COUNT, "a count of your own"),
    error("std::sync::Arc::weak_count", "MS0503", COUNT, "a count of your own"),
    error("std::sync::Weak::upgrade", "MS0503", COUNT, "an `Option` of your own"),
    error("std::rc::Rc::strong_count", "MS0503", COUNT, "a count of your own"),
    error("std::rc::Weak::upgrade", "MS0503", COUNT, "an `Option` of your own"),
    // MS06: code whose meaning drifts
    error("std::panic::catch_unwind", "MS0603", "it swallows what the engine needs to see", "`?`, or `match` on the error"),
    error("std::arch::asm!", "MS0604", "nothing can be known about it", "safe code, or an activity"),
    error("libc::*", "MS0604", "nothing can be known about foreign code", "an activity"),
    error("libloading::*", "MS0604", "nothing can be known about foreign code", "an activity"),
    warning("env!", "MS0607", BUILD, PATCH),
    warning("option_env!", "MS0607", BUILD, PATCH),
    warning("line!", "MS0607", BUILD, PATCH),
    warning("column!", "MS0607", BUILD, PATCH),
];

/// Endings that are damning even where the scope does not explain the first name: glob imports, preludes, and editors
/// that do not tell a macro which file it expands in.
#[rustfmt::skip]
pub(crate) const TAILS: &[&str] = &[
    "Utc::now", "Local::now", "OffsetDateTime::now_utc",
    "Uuid::new_v4", "Uuid::new_v7", "Uuid::now_v7", "Uuid::now_v1", "Uuid::now_v6", "Ulid::new",
    "thread_rng", "OsRng", "StdRng::from_os_rng", "StdRng::from_entropy", "SmallRng::from_os_rng", "SmallRng::from_entropy",
    "thread::sleep", "thread::spawn", "thread::park", "thread::scope",
    "env::var", "env::vars", "env::args", "env::current_dir",
    "fs::read", "fs::write", "fs::read_to_string", "fs::create_dir_all", "fs::remove_file", "fs::File",
    "process::exit", "process::Command", "process::abort", "process::id",
    "FuturesUnordered", "nanoid!",
];

/// The table by the first name of its patterns.
pub(crate) struct Index {
    roots: HashMap<&'static str, Vec<&'static Rule>>,
    /// First names of tails.
    tails: HashSet<&'static str>,
}

impl Index {
    pub(crate) fn get() -> &'static Self {
        static INDEX: OnceLock<Index> = OnceLock::new();
        INDEX.get_or_init(|| {
            let mut roots: HashMap<_, Vec<_>> = HashMap::new();
            for rule in RULES {
                roots.entry(root(rule.pattern)).or_default().push(rule);
            }
            let tails = TAILS.iter().map(|tail| root(tail)).collect();
            Self { roots, tails }
        })
    }

    /// The rules whose pattern begins with this name, in the order of the table.
    pub(crate) fn of_root(&self, name: &str) -> &[&'static Rule] {
        self.roots.get(family(name)).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule or a tail begins with this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let is_std = name == "core" || name == "alloc";
        is_std || self.roots.contains_key(family(name)) || self.tails.contains(name)
    }
}

fn root(pattern: &'static str) -> &'static str {
    pattern.split("::").next().unwrap_or(pattern)
}

/// Crates that come in families, `aws_sdk_s3` and so on, are found by what their names have in common.
fn family(name: &str) -> &str {
    if name.starts_with("aws_sdk_") {
        "aws_sdk_*"
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page() {
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
        let of_the_table = RULES.iter().map(|rule| rule.id);
        let of_the_walk = super::super::allow::BUILT_IN.iter().copied();
        for id in of_the_table
            .chain(of_the_walk)
            .chain(["MS0307", "MS0701", "MS0703"])
        {
            let page = pages.join(id).with_extension("md");
            assert!(id.is_empty() || page.is_file(), "{id} has no page");
        }
    }

    #[test]
    fn every_tail_is_the_end_of_a_rule_or_inside_one() {
        for tail in TAILS {
            let explained = RULES.iter().any(|rule| {
                let path = rule.pattern.trim_end_matches('*').trim_end_matches("::");
                path.ends_with(tail)
                    || tail
                        .split("::")
                        .next()
                        .is_some_and(|head| path.ends_with(&format!("::{head}")))
            });
            assert!(explained, "{tail}");
        }
    }
}
