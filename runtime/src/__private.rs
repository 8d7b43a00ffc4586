//! All that expansions of the macros may name. No part of the public interface: it changes with any release.

mod access;
pub mod calls;
mod config;
pub mod define;
mod end;
mod if_testing;
mod init;
mod probe;
mod results;
mod run_main;
mod text;

pub use access::{Changes, MayChange, Reads};
pub use config::{ActivityConfig, WorkflowConfig};
pub use end::End;
pub use init::Init;
pub use probe::{Clock, Names, NoDefault, NotAClock, NotAResult};
pub use results::{IntoActivityError, IntoWorkflowError, activity_result, workflow_result};
pub use run_main::run_main;
pub use text::Text;

pub use crate::__if_testing as if_testing;
pub use crate::activity::{Activity, ActivityBuilder, ActivityDefinition};
pub use crate::client::{
    Client, ClientStub, Interface, QueryCall, SignalCall, StartCall, UpdateCall,
};
pub use crate::combine::Slot;
pub use crate::converter::{Args, EncodedValues, IntoArgs, Value};
pub use crate::durable::{Gate, Task, durable};
pub use crate::error::{ActivityError, Fallible, WorkflowError};
pub use crate::location;
pub use crate::registry::{
    ActivityEntry, ActivityInterface, ExpectedActivities, HelperEntry, InterfaceEntry,
    WorkflowEntry,
};
pub use crate::workflow::{
    ActivityCall, ActivityOptions, ChildCall, ChildStub, ExternalSignalCall, ExternalStub, Handler,
    QueryType, SignalType, UnfinishedPolicy, UpdateType, VersioningBehavior, WorkflowDefinition,
    WorkflowType,
};
pub use inventory;
/// So that workflow crates can be `#![no_std]`: expansions name `core` and this module only.
pub use std::{string::String, sync::Arc, vec, vec::Vec};
pub use tracing;
