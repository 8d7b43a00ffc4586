//! What a worker needs to run a workflow.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::activity::BoxFuture;
use crate::converter::{Args, ConverterError, DataConverter, EncodedValues, Payload, Value};
use crate::error::WorkflowError;
use crate::registry::{ExpectedActivities, Location};

/// A workflow type as callers know it: its name, its parameters and its result.
pub trait WorkflowType: 'static {
    /// The workflow type's name on the wire.
    const NAME: &'static str;
    /// The task queue of its attribute.
    const TASK_QUEUE: Option<&'static str> = None;
    /// The parameters of its run method.
    type Args: Args;
    /// What its run method returns on success.
    type Output: Value;
}

/// A signal of a workflow interface.
pub trait SignalType: 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Its parameters.
    type Args: Args;
}

/// A signal or update that may start the workflow with the run method `M`: one of its interface, or of an interface without
/// a run method, which any workflow may inherit.
#[diagnostic::on_unimplemented(
    message = "`{M}` starts a workflow that has no handler `{Self}`",
    label = "this starts another workflow than the message is for",
    note = "start the one that it belongs to: `order.pay(10).with_start(order.order(items))`"
)]
pub trait HandlerOf<M> {}

/// A query of a workflow interface.
pub trait QueryType: 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Its parameters.
    type Args: Args;
    /// What it answers.
    type Output: Value;
}

/// An update of a workflow interface.
pub trait UpdateType: 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Its parameters.
    type Args: Args;
    /// What it returns on success.
    type Output: Value;
}

pub(crate) type WorkflowInstance = Arc<dyn Any + Send + Sync>;
pub(crate) type HandlerResult<T> = Result<T, ConverterError>;
pub(crate) type RunFuture = BoxFuture<'static, Result<Payload, WorkflowError>>;

/// A run made ready, not yet polled.
pub(crate) struct Started {
    pub(crate) instance: WorkflowInstance,
    pub(crate) run: RunFuture,
}

/// What may refuse an update before it is accepted.
pub type Validate<W, A> = fn(&W, &A) -> Result<(), WorkflowError>;

type StartFn = dyn Fn(&DataConverter, &[Payload]) -> HandlerResult<Started> + Send + Sync;
type AsyncHandler = dyn Fn(&WorkflowInstance, &DataConverter, &str, &[Payload]) -> HandlerResult<RunFuture>
    + Send
    + Sync;
type QueryHandler = dyn Fn(&WorkflowInstance, &DataConverter, &str, &[Payload]) -> Result<Payload, WorkflowError>
    + Send
    + Sync;
type Validator = dyn Fn(&WorkflowInstance, &DataConverter, &str, &[Payload]) -> Result<(), WorkflowError>
    + Send
    + Sync;

/// One workflow with its implementation.
#[derive(Clone)]
pub struct WorkflowDefinition {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) task_queue: Option<String>,
    pub(crate) doc: &'static str,
    pub(crate) expected: ExpectedActivities,
    pub(crate) dynamic: bool,
    pub(crate) versioning: VersioningBehavior,
    pub(crate) start: Arc<StartFn>,
    pub(crate) signals: BTreeMap<&'static str, Signal>,
    pub(crate) queries: BTreeMap<&'static str, Query>,
    pub(crate) updates: BTreeMap<&'static str, Update>,
    pub(crate) dynamic_signal: Option<Signal>,
    pub(crate) dynamic_query: Option<Query>,
    pub(crate) dynamic_update: Option<Update>,
}

#[derive(Clone)]
pub(crate) struct Signal {
    pub(crate) info: Handler,
    pub(crate) run: Arc<AsyncHandler>,
}

#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) info: Handler,
    pub(crate) run: Arc<QueryHandler>,
}

#[derive(Clone)]
pub(crate) struct Update {
    pub(crate) info: Handler,
    pub(crate) validator: Option<Arc<Validator>>,
    pub(crate) run: Arc<AsyncHandler>,
}

/// What is known of a signal, query or update handler beside its code. A name alone is one too.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) unfinished: UnfinishedPolicy,
}

/// What to do when a workflow ends while a handler still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnfinishedPolicy {
    /// Warn in the log, and drop the handler.
    #[default]
    WarnAndAbandon,
    /// Drop the handler.
    Abandon,
}

/// How a workflow moves between versions of a worker deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersioningBehavior {
    /// As the worker's deployment options say.
    #[default]
    Unspecified,
    /// Stays with the version it began on.
    Pinned,
    /// Moves to the deployment's current version.
    AutoUpgrade,
}

impl Handler {
    /// A handler of this name.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            doc: "",
            unfinished: UnfinishedPolicy::WarnAndAbandon,
        }
    }

    /// Its description, which the UI shows.
    #[must_use]
    pub const fn doc(mut self, text: &'static str) -> Self {
        self.doc = text;
        self
    }

    /// What to do when the workflow ends while it still runs.
    #[must_use]
    pub const fn unfinished(mut self, policy: UnfinishedPolicy) -> Self {
        self.unfinished = policy;
        self
    }
}

impl From<&'static str> for Handler {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl WorkflowDefinition {
    /// Begins the definition of a workflow implemented by `W`, whose run method takes `A`.
    pub fn builder<W, A>(
        name: impl Into<String>,
        location: Location,
    ) -> WorkflowBuilder<W, A, NoInit>
    where
        W: Send + Sync + 'static,
        A: Args,
    {
        WorkflowBuilder {
            parts: Parts {
                name: name.into(),
                location,
                task_queue: None,
                doc: "",
                expected: ExpectedActivities::default(),
                dynamic: false,
                versioning: VersioningBehavior::Unspecified,
                signals: BTreeMap::new(),
                queries: BTreeMap::new(),
                updates: BTreeMap::new(),
                dynamic_signal: None,
                dynamic_query: None,
                dynamic_update: None,
            },
            init: NoInit,
            types: PhantomData,
        }
    }

    /// The workflow type's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is defined.
    pub fn location(&self) -> Location {
        self.location
    }
}

impl fmt::Debug for WorkflowDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowDefinition")
            .field("name", &self.name)
            .field("location", &self.location)
            .field("task_queue", &self.task_queue)
            .field("signals", &self.signals.keys())
            .field("queries", &self.queries.keys())
            .field("updates", &self.updates.keys())
            .finish_non_exhaustive()
    }
}

struct Parts {
    name: String,
    location: Location,
    task_queue: Option<String>,
    doc: &'static str,
    expected: ExpectedActivities,
    dynamic: bool,
    versioning: VersioningBehavior,
    signals: BTreeMap<&'static str, Signal>,
    queries: BTreeMap<&'static str, Query>,
    updates: BTreeMap<&'static str, Update>,
    dynamic_signal: Option<Signal>,
    dynamic_query: Option<Query>,
    dynamic_update: Option<Update>,
}

/// A workflow whose run method is still to be given.
pub struct WorkflowBuilder<W, A, I> {
    parts: Parts,
    init: I,
    types: PhantomData<fn(A) -> W>,
}

/// No initial state is known yet: call `init` or `init_default` before `run`.
pub struct NoInit;
/// How the initial state is made from the input.
pub struct Init<W, A>(Box<dyn Fn(&A) -> W + Send + Sync>);
/// A complete workflow, to which handlers can still be added.
pub struct Runs(Arc<StartFn>);

impl<W: Send + Sync + 'static, A: Args, I> WorkflowBuilder<W, A, I> {
    /// Only workers of this task queue run it.
    #[must_use]
    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.parts.task_queue = Some(name.into());
        self
    }

    /// What its code says of activities on its own task queue.
    #[must_use]
    pub(crate) fn expects(mut self, expected: ExpectedActivities) -> Self {
        self.parts.expected = expected;
        self
    }

    /// Its description, which the UI shows.
    #[must_use]
    pub fn doc(mut self, text: &'static str) -> Self {
        self.parts.doc = text;
        self
    }

    /// Runs for every type that has no workflow of its own.
    #[must_use]
    pub fn dynamic(mut self) -> Self {
        self.parts.dynamic = true;
        self
    }

    /// How it moves between versions of a worker deployment.
    #[must_use]
    pub fn versioning(mut self, behavior: VersioningBehavior) -> Self {
        self.parts.versioning = behavior;
        self
    }

    /// Adds a signal handler.
    #[must_use]
    pub fn signal<S, F, Fut>(mut self, handler: impl Into<Handler>, body: F) -> Self
    where
        S: Args,
        F: Fn(Arc<W>, S) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), WorkflowError>> + Send + 'static,
    {
        let info = handler.into();
        let run = async_handler(move |instance, _, args| body(instance, args));
        self.parts.signals.insert(info.name, Signal { info, run });
        self
    }

    /// Adds a query handler.
    #[must_use]
    pub fn query<Q, R, F>(mut self, handler: impl Into<Handler>, body: F) -> Self
    where
        Q: Args,
        R: Value,
        F: Fn(&W, Q) -> Result<R, WorkflowError> + Send + Sync + 'static,
    {
        let info = handler.into();
        let run = query_handler(move |instance, _, args| body(instance, args));
        self.parts.queries.insert(info.name, Query { info, run });
        self
    }

    /// Adds an update handler, with a validator that may refuse the update before it is accepted.
    #[must_use]
    pub fn update<U, R, F, Fut>(
        mut self,
        handler: impl Into<Handler>,
        validator: Option<Validate<W, U>>,
        body: F,
    ) -> Self
    where
        U: Args,
        R: Value,
        F: Fn(Arc<W>, U) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, WorkflowError>> + Send + 'static,
    {
        let info = handler.into();
        let run = async_handler(move |instance, _, args| body(instance, args));
        let validator = validator.map(|check| {
            Arc::new(
                move |instance: &WorkflowInstance,
                      converter: &DataConverter,
                      _: &str,
                      payloads: &[Payload]| {
                    let args = U::from_payloads(converter, payloads)?;
                    crate::state::read_only(|| check(&downcast::<W>(instance), &args))
                },
            ) as Arc<Validator>
        });
        let update = Update {
            info,
            validator,
            run,
        };
        self.parts.updates.insert(info.name, update);
        self
    }

    /// Handles signals that have no handler of their own.
    #[must_use]
    pub fn dynamic_signal<F, Fut>(mut self, handler: impl Into<Handler>, body: F) -> Self
    where
        F: Fn(Arc<W>, String, EncodedValues) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), WorkflowError>> + Send + 'static,
    {
        let run = async_handler(body);
        self.parts.dynamic_signal = Some(Signal {
            info: handler.into(),
            run,
        });
        self
    }

    /// Answers queries that have no handler of their own.
    #[must_use]
    pub fn dynamic_query<R, F>(mut self, handler: impl Into<Handler>, body: F) -> Self
    where
        R: Value,
        F: Fn(&W, String, EncodedValues) -> Result<R, WorkflowError> + Send + Sync + 'static,
    {
        let run = query_handler(body);
        self.parts.dynamic_query = Some(Query {
            info: handler.into(),
            run,
        });
        self
    }

    /// Handles updates that have no handler of their own.
    #[must_use]
    pub fn dynamic_update<R, F, Fut>(mut self, handler: impl Into<Handler>, body: F) -> Self
    where
        R: Value,
        F: Fn(Arc<W>, String, EncodedValues) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, WorkflowError>> + Send + 'static,
    {
        let run = async_handler(body);
        self.parts.dynamic_update = Some(Update {
            info: handler.into(),
            validator: None,
            run,
        });
        self
    }

    fn with<J>(self, init: J) -> WorkflowBuilder<W, A, J> {
        WorkflowBuilder {
            parts: self.parts,
            init,
            types: PhantomData,
        }
    }
}

impl<W: Send + Sync + 'static, A: Args> WorkflowBuilder<W, A, NoInit> {
    /// Makes the initial state from the input.
    #[must_use]
    pub fn init(
        self,
        make: impl Fn(&A) -> W + Send + Sync + 'static,
    ) -> WorkflowBuilder<W, A, Init<W, A>> {
        self.with(Init(Box::new(make)))
    }

    /// Makes the initial state by `Default`.
    #[must_use]
    pub fn init_default(self) -> WorkflowBuilder<W, A, Init<W, A>>
    where
        W: Default,
    {
        self.init(|_| W::default())
    }
}

impl<W: Send + Sync + 'static, A: Args> WorkflowBuilder<W, A, Init<W, A>> {
    /// The run method.
    #[must_use]
    pub fn run<R, F, Fut>(self, body: F) -> WorkflowBuilder<W, A, Runs>
    where
        R: Value,
        F: Fn(Arc<W>, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, WorkflowError>> + Send + 'static,
    {
        let WorkflowBuilder { parts, init, .. } = self;
        let init = init.0;
        let start = move |converter: &DataConverter, payloads: &[Payload]| {
            let args = A::from_payloads(converter, payloads)?;
            let instance = Arc::new(init(&args));
            let future = body(Arc::clone(&instance), args);
            Ok(Started {
                instance,
                run: encoded(future, converter.clone()),
            })
        };
        WorkflowBuilder {
            parts,
            init: Runs(Arc::new(start)),
            types: PhantomData,
        }
    }
}

impl<W: Send + Sync + 'static, A: Args> WorkflowBuilder<W, A, Runs> {
    /// The definition.
    pub fn build(self) -> WorkflowDefinition {
        let parts = self.parts;
        WorkflowDefinition {
            name: parts.name,
            location: parts.location,
            task_queue: parts.task_queue,
            doc: parts.doc,
            expected: parts.expected,
            dynamic: parts.dynamic,
            versioning: parts.versioning,
            start: self.init.0,
            signals: parts.signals,
            queries: parts.queries,
            updates: parts.updates,
            dynamic_signal: parts.dynamic_signal,
            dynamic_query: parts.dynamic_query,
            dynamic_update: parts.dynamic_update,
        }
    }
}

fn downcast<W: Send + Sync + 'static>(instance: &WorkflowInstance) -> Arc<W> {
    Arc::clone(instance)
        .downcast()
        .unwrap_or_else(|_| unreachable!("a handler only sees the instance of its own definition"))
}

/// Encodes what a future yields.
fn encoded<R: Value>(
    future: impl Future<Output = Result<R, WorkflowError>> + Send + 'static,
    converter: DataConverter,
) -> RunFuture {
    Box::pin(async move {
        let value = future.await?;
        Ok(converter.to_payload(&value)?)
    })
}

fn async_handler<W, A, R, F, Fut>(body: F) -> Arc<AsyncHandler>
where
    W: Send + Sync + 'static,
    A: Args,
    R: Value,
    F: Fn(Arc<W>, String, A) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, WorkflowError>> + Send + 'static,
{
    Arc::new(move |instance, converter, name, payloads| {
        let args = A::from_payloads(converter, payloads)?;
        let future = body(downcast::<W>(instance), name.to_owned(), args);
        Ok(encoded(future, converter.clone()))
    })
}

fn query_handler<W, A, R, F>(body: F) -> Arc<QueryHandler>
where
    W: Send + Sync + 'static,
    A: Args,
    R: Value,
    F: Fn(&W, String, A) -> Result<R, WorkflowError> + Send + Sync + 'static,
{
    Arc::new(move |instance, converter, name, payloads| {
        let args = A::from_payloads(converter, payloads)?;
        let instance = downcast::<W>(instance);
        let value = crate::state::read_only(|| body(&instance, name.to_owned(), args))?;
        Ok(converter.to_payload(&value)?)
    })
}
