//! What compiles, without a warning: every shape of item, and each legal use next to a forbidden one. One module, one case.

#![deny(warnings)]
// Cases show shapes; nobody calls them.
#![allow(dead_code, unreachable_pub)]
#![allow(
    clippy::let_underscore_future,
    clippy::too_many_arguments,
    clippy::for_kv_map
)]

mod across_modules;
mod activity_blocking;
mod activity_does_io;
mod activity_failures;
mod activity_handles;
mod activity_inheritance;
mod activity_interface_default_body;
mod activity_interface_fake;
mod activity_options;
mod activity_timeouts;
mod await_shapes;
mod channels_and_locks;
mod child_workflows;
mod client_side;
mod clocks_and_chance;
mod combine;
mod conditions;
mod continue_as_new;
mod custom_errors;
mod doc_comments;
mod dynamic;
mod exceptions;
mod half_of_an_interface;
mod handler_names;
mod hello;
mod helpers_of_an_interface;
mod hidden_in_user_macro;
mod inherent_activities;
mod inherent_workflow;
mod inheritance;
mod init;
mod interface;
mod marker_paths;
mod methods;
mod module_of_the_same_name;
mod names;
mod nested_modules;
mod option_parameters;
mod other_crate;
mod parameters;
mod payload_types;
mod query_reads;
mod quiet_names;
mod state_between_awaits;
mod timeouts;
mod unfinished_handlers;
mod unit_tests_of_bodies;
mod user_attributes;
mod versioning;
mod wide_generics;
