//! The calls behind the methods of stubs, each for the type that names a run method or handler; see `define` for why.

use crate::client::{ClientStub, QueryCall, SignalCall, StartCall, UpdateCall};
use crate::workflow::{
    ChildCall, ChildStub, ExternalSignalCall, ExternalStub, QueryType, SignalType, UpdateType,
    WorkflowType,
};

/// A client starts a workflow.
pub fn start<M: WorkflowType>(stub: &ClientStub, args: M::Args) -> StartCall<M> {
    stub.start::<M>(args)
}

/// A client sends a signal.
pub fn signal<S: SignalType>(stub: &ClientStub, args: S::Args) -> SignalCall<S> {
    stub.signal::<S>(args)
}

/// A client asks a query.
pub fn query<Q: QueryType>(stub: &ClientStub, args: Q::Args) -> QueryCall<Q> {
    stub.query::<Q>(args)
}

/// A client sends an update.
pub fn update<U: UpdateType>(stub: &ClientStub, args: U::Args) -> UpdateCall<U> {
    stub.update::<U>(args)
}

/// A workflow starts a child.
#[track_caller]
pub fn child<M: WorkflowType>(stub: &ChildStub, args: M::Args) -> ChildCall<M> {
    stub.call::<M>(args)
}

/// A workflow sends a signal.
#[track_caller]
pub fn signal_external<S: SignalType>(stub: &ExternalStub, args: S::Args) -> ExternalSignalCall<S> {
    stub.signal::<S>(args)
}
