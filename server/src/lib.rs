//! The bundled server: durable workflows in one process, speaking Temporal's public gRPC API.
//!
//! The program `mainspring server start-dev` and an embedding test start the same thing:
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use mainspring_server::{Config, Server};
//!
//! let server = Server::start(Config::in_memory().with_port(0)).await?;
//! println!("listening on {}", server.address());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

// Old SDKs still set and read fields that the protocol calls deprecated.
#![allow(deprecated)]

pub mod cli;
mod clock;
pub mod config;
mod connection;
mod duration;
mod frontend;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gzip;
#[doc(hidden)]
pub mod history;
mod matching;
mod message_size;
mod namespace;
mod persistence;
mod reflection;
mod running_server;
mod server;
mod services;
mod shard;
mod time_control;
mod transport;
mod visibility;
mod workers;

pub use config::{Config, ConfigError, TimeSkipping};
pub use persistence::{OpenError, sqlite::backup};
pub use running_server::{InMemoryConnector, RunningServer};
pub use server::{Server, StartError};
pub use time_control::{Passing, TimeControl};
