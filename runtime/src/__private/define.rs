//! The steps of a workflow's definition, each for the type that names a run method or handler.
//!
//! They take parameters and results from that type, where their bounds are checked once, at the user's own tokens: a
//! parameter that cannot be encoded is one error, not one per step.

use std::future::Future;
use std::sync::Arc;

use super::{Init, WorkflowConfig};
use crate::converter::Args;
use crate::error::WorkflowError;
use crate::workflow::{
    Handler, InitialState, QueryType, SignalType, UpdateType, WorkflowBuilder, WorkflowDefinition,
    WorkflowRuns, WorkflowType,
};

/// A workflow whose state is made by [`Init`], and its run method.
pub fn workflow<M, W, F, Fut>(
    config: WorkflowConfig,
    run: F,
) -> WorkflowBuilder<W, M::Args, WorkflowRuns>
where
    M: WorkflowType,
    W: Init<M::Args> + Send + Sync + 'static,
    F: Fn(Arc<W>, M::Args) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<M::Output, WorkflowError>> + Send + 'static,
{
    begin::<M, W>(config, W::init).run(run)
}

/// A workflow function, which has no state.
pub fn workflow_function<M, F, Fut>(config: WorkflowConfig, run: F) -> WorkflowDefinition
where
    M: WorkflowType,
    F: Fn(M::Args) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<M::Output, WorkflowError>> + Send + 'static,
{
    begin::<M, ()>(config, |_| ())
        .run(move |_, args| run(args))
        .build()
}

fn begin<M, W>(
    config: WorkflowConfig,
    init: impl Fn(&M::Args) -> W + Send + Sync + 'static,
) -> WorkflowBuilder<W, M::Args, InitialState<W, M::Args>>
where
    M: WorkflowType,
    W: Send + Sync + 'static,
{
    config.begin(M::NAME, init)
}

/// Adds a signal.
pub fn signal<S, W, A, I, F, Fut>(
    builder: WorkflowBuilder<W, A, I>,
    info: Handler,
    body: F,
) -> WorkflowBuilder<W, A, I>
where
    S: SignalType,
    W: Send + Sync + 'static,
    A: Args,
    F: Fn(Arc<W>, S::Args) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), WorkflowError>> + Send + 'static,
{
    builder.signal(info, body)
}

/// Adds a query.
pub fn query<Q, W, A, I, F>(
    builder: WorkflowBuilder<W, A, I>,
    info: Handler,
    body: F,
) -> WorkflowBuilder<W, A, I>
where
    Q: QueryType,
    W: Send + Sync + 'static,
    A: Args,
    F: Fn(&W, Q::Args) -> Result<Q::Output, WorkflowError> + Send + Sync + 'static,
{
    builder.query(info, body)
}

/// What says whether an update is accepted.
pub type Validator<W, U> = fn(&W, &<U as UpdateType>::Args) -> Result<(), WorkflowError>;

/// Adds an update.
pub fn update<U, W, A, I, F, Fut>(
    builder: WorkflowBuilder<W, A, I>,
    info: Handler,
    validator: Option<Validator<W, U>>,
    body: F,
) -> WorkflowBuilder<W, A, I>
where
    U: UpdateType,
    W: Send + Sync + 'static,
    A: Args,
    F: Fn(Arc<W>, U::Args) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<U::Output, WorkflowError>> + Send + 'static,
{
    builder.update(info, validator, body)
}

/// Ends the definition.
pub fn build<M, W>(builder: WorkflowBuilder<W, M::Args, WorkflowRuns>) -> WorkflowDefinition
where
    M: WorkflowType,
    W: Send + Sync + 'static,
{
    builder.build()
}
