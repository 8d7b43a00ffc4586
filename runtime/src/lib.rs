//! Durable workflows for Rust.

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
pub mod prelude;
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

pub use mainspring_macros::{
    activity, activity_interface, allow, init, join, query, run, select, signal, try_join, update,
    validator, workflow, workflow_fn, workflow_interface,
};

#[doc(hidden)]
pub mod __private;

/// How failures and headers name this SDK.
pub(crate) const SDK_SOURCE: &str = "MainspringRustSDK";
/// How requests name this SDK.
pub(crate) const SDK_NAME: &str = "mainspring-rust";
/// This SDK's version.
pub(crate) const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
