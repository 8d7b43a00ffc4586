//! All that expansions of the macros may name. No part of the public interface: it changes with any release.

pub use crate::activity::{Activity, ActivityBuilder, ActivityDefinition};
pub use crate::client::{
    Client, ClientStub, Interface, QueryCall, SignalCall, StartCall, UpdateCall,
};
pub use crate::converter::{Args, EncodedValues, IntoArgs, Value};
pub use crate::durable::{Gate, Task, durable};
pub use crate::error::{ActivityError, Fallible, WorkflowError};
pub use crate::location;
pub use crate::registry::{ActivityEntry, WorkflowEntry};
pub use crate::workflow::{
    ActivityCall, ActivityOptions, ChildCall, ChildStub, ExternalSignalCall, ExternalStub, Handler,
    QueryType, SignalType, UnfinishedPolicy, UpdateType, VersioningBehavior, WorkflowDefinition,
    WorkflowType,
};
pub use inventory;
