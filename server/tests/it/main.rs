//! The server as a client sees it: every test talks gRPC to a server of its own.

mod bad_input;
mod crash;
mod durability;
mod every_request;
mod namespaces;
mod operations;
mod operator;
mod raw_bytes;
mod shell;
mod support;
mod support_workflow;
mod task_queues;
mod time_skipping;
mod workflows;
