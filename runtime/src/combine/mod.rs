//! Waiting for several durable operations at once.
//!
//! All of it polls in the order written, so that a replay takes the same turns; the operations take their place among
//! the workflow's commands in that order too, where they are given. Contexts are passed through and never cloned: a
//! waker that is cloned betrays a foreign future.
//!
//! The functions have no bounds of their own, so that an operation which is not durable is one error, at the await.

mod join_all;
mod race;
mod slot;
mod timeout;

pub use join_all::{JoinAll, TryJoinAll, join_all, try_join_all};
pub(crate) use join_all::{JoinAllFuture, TryJoinAllFuture};
pub(crate) use race::RaceFuture;
pub use race::{Race, race};
pub use slot::Slot;
pub(crate) use timeout::TimeoutFuture;
pub use timeout::{Timeout, timeout};
