//! The history core: what a workflow execution is, and how it moves. PURE: no runtime, transport,
//! store, clock or random source in here; time and ids come in, changes and tasks go out.
//!
//! - [`state::MutableState`] is what a run is at one moment.
//! - [`transition::decide`] answers a request with a [`transition::Transition`]: the changes, the
//!   tasks that follow, and the reply that may be given once the changes are durable.
//! - [`apply::apply`] is the only thing that moves a state, live and on recovery alike.
//!
//! Read next: [`transition`], then `decide/start_run.rs`, then `decide/complete_workflow_task.rs`.

pub mod activity;
pub mod apply;
pub mod change;
pub mod deadline;
pub mod decide;
pub mod event;
pub mod external;
pub mod failure;
pub mod ids;
pub mod limits;
pub mod payload;
pub mod priority;
pub mod record;
pub mod rejection;
pub mod state;
pub mod task;
pub mod time;
pub mod transition;
pub mod update;
pub mod worker;
pub mod workflow_task;

#[cfg(test)]
mod tests;
