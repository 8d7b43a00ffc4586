//! Decisions: one file per request. Each is a struct that implements
//! [`Request`](super::transition::Request), so that its answer has its own type.

pub mod activity;
pub mod activity_operations;
pub mod attach;
pub mod children;
mod close;
pub mod commands;
pub mod complete_workflow_task;
pub mod cron;
pub mod external;
pub mod fail_workflow_task;
pub mod fire_due;
pub mod next_run;
mod overgrown;
mod problems;
pub mod request_cancel;
pub mod reset;
pub mod retry;
pub mod signal;
pub mod start_run;
pub mod start_workflow_task;
pub mod terminate;
pub mod update;
pub mod update_options;
pub mod workflow_task;
