//! The server as a client sees it: every test talks gRPC to a server of its own.

mod bad_input;
mod cli;
mod corners;
mod crash;
mod dispatch;
mod durability;
mod every_request;
mod namespaces;
mod operations;
mod operator;
mod raw_bytes;
mod resets;
mod shell;
mod support;
mod support_workflow;
mod task_queues;
mod time_skipping;
mod updates;
mod waiting_workers;
mod workflows;
