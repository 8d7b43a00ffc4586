//! The server as a client sees it: every test talks gRPC to a server of its own.

mod crash;
mod durability;
mod bad_input;
mod namespaces;
mod operator;
mod shell;
mod support;
mod task_queues;
mod support_workflow;
mod workflows;
