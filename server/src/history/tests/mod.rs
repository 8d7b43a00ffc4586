//! The core by exact events: what happens to a run, and what its history says then.

mod activities;
mod activity_operations;
mod children;
mod closing;
mod commands;
mod limits;
mod options;
mod properties;
mod script;
mod tidy;
mod timers;
mod updates;
mod workflow_tasks;
mod world;
