//! Activities in processes of their own: one that crashes takes nothing along, and one that does not stop is killed.
//!
//! The worker starts its own program again for each attempt (or a given one), which calls [`activity_process`] first of
//! all. The two talk through the process's standard input, which is a socket: `wire` has their messages.

mod child;
mod parent;
mod wire;

pub(super) use child::is_hooked;
pub use child::{ActivityProcess, activity_process};
pub(crate) use parent::Isolation;
pub(super) use parent::run;

/// Names the worker's process to the one that it starts.
const WORKER_PID: &str = "MAINSPRING_ACTIVITY_PROCESS_OF";
