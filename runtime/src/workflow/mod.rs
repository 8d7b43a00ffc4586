//! What workflow code calls, and how workflows are described to a worker.
//!
//! The free functions here act on the run that is being polled on this thread. Called elsewhere they panic, with the
//! name of the item and the cure.

mod activity;
mod channel;
mod child;
mod condition;
mod continue_as_new;
mod definition;
mod external;
mod info;
mod log;
mod options;
mod random;
mod reuse;
mod scope;
mod search_attributes;
mod signals;
mod sink;
mod spawn;
mod sync;
mod timeouts;
mod timer;
mod untyped;
mod upsert;
mod versioning;

pub use crate::client::Interface;
pub use crate::combine::{
    JoinAll, Race, Timeout, TryJoinAll, join_all, race, timeout, try_join_all,
};
pub use crate::durable::{AwaitedElsewhere, WorkflowOnly};
pub use crate::error::{Result, WorkflowError};
pub use activity::{ActivityCall, ActivityFuture, ActivityHandle};
pub use channel::{
    NotSent, Receiver, Recv, RecvFuture, Sender, Sending, SendingFuture, bounded_channel, channel,
};
pub use child::{
    ChildCall, ChildCancellationType, ChildFuture, ChildHandle, ChildOptions, ChildStart,
    ChildStarted, ChildStub, ParentClosePolicy,
};
pub use condition::{
    WaitUntil, WaitUntilFuture, WaitUntilTimeout, WaitUntilTimeoutFuture, wait_until,
};
pub use continue_as_new::{ContinueAsNewCall, continue_as_new, continue_as_new_suggested};
pub use definition::{
    Handler, HandlerOf, Init as InitialState, QueryType, Runs as WorkflowRuns, SignalType,
    UnfinishedPolicy, UpdateType, Validate, VersioningBehavior, WorkflowBuilder,
    WorkflowDefinition, WorkflowType,
};
pub use external::{
    ExternalCancelCall, ExternalCancelFuture, ExternalSignalCall, ExternalSignalFuture,
    ExternalStub,
};
pub use info::{
    WorkflowInfo, all_handlers_finished, history_length, history_size, info, is_replaying,
    last_completion_result, last_failure, memo, metrics, now,
};
pub use log::{debug, error, in_span, info, trace, warn};
pub use mainspring_macros::{join, select, try_join};
pub use options::{ActivityOptions, CancellationType};
pub use random::{Rng, random, side_effect, uuid, uuid_v7};
pub use reuse::{IdConflictPolicy, IdReusePolicy};
pub use scope::{
    Cancellation, CancellationFuture, CancellationScope, Scoped, ScopedFuture, cancel_reason,
    cancelled, detached, is_cancelled,
};
pub use search_attributes::{SearchAttributeKey, SearchAttributeValue, SearchAttributes, datetime};
pub use signals::{NextSignal, NextSignalFuture, Signals, signals};
pub use sink::sink;
pub use spawn::{Spawned, SpawnedFuture, spawn};
pub use sync::{Acquire, AcquireFuture, Lock, LockFuture, Mutex, MutexGuard, Permit, Semaphore};
pub use timeouts::{HasTimeout, NoTimeout, TimeoutSet, Timeouts};
pub use timer::{Timer, TimerFuture, sleep, timer};
pub use untyped::{
    Untyped, UntypedActivity, UntypedChild, UntypedSignal, untyped_activity, untyped_child,
};
pub use upsert::{set_current_details, upsert_memo, upsert_search_attributes};
pub use versioning::{deprecate_patch, patched};

pub(crate) use child::not_started;
pub(crate) use definition::{RunFuture, Update as UpdateHandler, WorkflowInstance};
pub(crate) use options::ActivitySettings;
pub(crate) use sink::Sinks;

use crate::converter::{Args, DataConverter, Payload, Value};
use crate::engine::Run;

/// Encodes arguments; a failure is a mistake in code, so that it fails the workflow task.
#[track_caller]
fn encoded_args<A: Args>(run: &Run, name: &str, args: &A) -> Vec<Payload> {
    match args.to_payloads(run.converter()) {
        Ok(payloads) => payloads,
        Err(error) => panic!("the arguments of `{name}` do not encode: {error}"),
    }
}

/// Decodes a result; a failure is a mistake in code, so that it fails the workflow task.
#[track_caller]
fn decoded<T: Value>(name: &str, payload: Payload) -> T {
    match DataConverter::current().from_payload(&payload) {
        Ok(value) => value,
        Err(error) => panic!("the result of `{name}` does not decode: {error}"),
    }
}

#[track_caller]
fn encoded_value<T: Value>(what: &str, value: &T) -> Payload {
    match DataConverter::current().to_payload(value) {
        Ok(payload) => payload,
        Err(error) => panic!("{what} does not encode: {error}"),
    }
}
