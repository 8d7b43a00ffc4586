//! Durable workflows for Rust: plain traits, structs and functions with attribute macros, whose progress survives crashes,
//! restarts and deploys.
//!
//! A [`macro@workflow`] orchestrates; an [`macro@activity`] does the work that may fail. A [`Worker`] runs both, a
//! [`Client`] starts workflows and talks to them, and between the two stands a server that speaks Temporal's public API:
//! the bundled one (`mainspring server start-dev`), a Temporal cluster, or Temporal Cloud.
//!
//! ```no_run
//! use mainspring::prelude::*;
//!
//! #[activity(start_to_close = "10s")]
//! async fn compose(greeting: String, name: String) -> Result<String, ActivityError> {
//!     Ok(format!("{greeting}, {name}!"))
//! }
//!
//! #[workflow]
//! async fn greet(name: String) -> Result<String> {
//!     workflow::sleep("1 day").await?;
//!     Ok(compose("Hello".into(), name).await?)
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<()> {
//! let client = Client::connect_from_env().await?.with_task_queue("greetings");
//! let worker = Worker::new(&client, "greetings").start()?;
//! let hello = client.workflow(greet, "hello-1").execute("World").await?;
//! # worker.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - [`workflow`](mod@workflow): what workflow code calls. [`activity`](mod@activity): what activities call.
//! - [`macro@workflow_interface`] and [`macro@activity_interface`]: traits that give typed stubs to clients, parents and
//!   other workflows.
//! - [`State`]: what a workflow keeps between its messages. [`Durable`]: what it may await.
//! - [`error`]: how failures travel from an activity to whoever waits for the workflow.
//! - [`interceptor`]: code around all these calls. `opentelemetry` (feature): traces that go through them.
//! - [`converter`]: how values are encoded, compressed and encrypted. [`metrics`]: what is counted and measured.
//! - `testing` (feature): a server in this process.
//!
//! Workflow code is replayed from its history, so it must make the same decisions each time. The macros refuse what would
//! not: each message has the id of a rule, `MS0101` and so on, and each rule a page in the repository's `docs/errors`.

// Expansions of the macros name this crate by its published name.
extern crate self as mainspring;

pub mod activity;
pub mod client;
mod combine;
pub mod converter;
mod durable;
pub mod engine;
pub mod error;
pub mod history;
pub mod interceptor;
mod macros;
pub mod metrics;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
pub mod prelude;
mod priority;
pub mod registry;
mod retry;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod worker;
pub mod workflow;

pub use activity::Activity;
pub use client::Client;
pub use converter::{EncodedValues, Payload, Proto, RawPayload};
pub use durable::{BoxDurable, Durable, Task, assume_durable, boxed};
pub use error::{
    ActivityError, ActivityFailure, ApplicationError, Cancelled, ChildFailure, Failure, Result,
    WorkflowError,
};
pub use retry::RetryPolicy;
pub use state::{Ref, RefMut, State};
pub use worker::Worker;
pub use workflow::ActivityOptions;

pub use macros::{
    activity, activity_interface, allow, init, join, query, run, select, signal, try_join, update,
    validator, workflow, workflow_fn, workflow_interface,
};

pub use macros::main;
#[cfg(feature = "testing")]
pub use mainspring_macros::test;
#[cfg(not(feature = "testing"))]
#[doc(hidden)]
pub use mainspring_macros::test_without_testing as test;

#[doc(hidden)]
pub mod __private;

/// How failures and headers name this SDK.
pub(crate) const SDK_SOURCE: &str = "MainspringRustSDK";
/// How requests name this SDK.
pub(crate) const SDK_NAME: &str = "mainspring-rust";
/// This SDK's version.
pub(crate) const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The examples of the page on testing run.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../docs/testing.md")]
mod testing_page {}

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
