//! One workflow id, as a client sees it.

use std::marker::PhantomData;

use super::start::start_setters;
use super::{Client, QueryCall, SignalCall, StartCall, StartOptions, UpdateCall, WorkflowHandle};
use crate::converter::{Args, EncodedValues, IntoArgs, RawPayload, Value};
use crate::workflow::{QueryType, SignalType, Untyped, UntypedSignal, UpdateType, WorkflowType};

/// A workflow id, with options for starting it. The stubs that macros make wrap it.
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientStub {
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) run_id: String,
    pub(crate) options: StartOptions,
}

impl ClientStub {
    pub(crate) fn new(client: Client, id: String) -> Self {
        Self {
            client,
            id,
            run_id: String::new(),
            options: StartOptions::default(),
        }
    }

    /// The workflow id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Talks to one run only, not to the current one.
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = run_id.into();
        self
    }

    start_setters!(set);

    fn set(&mut self) -> &mut StartOptions {
        &mut self.options
    }

    /// A call of the run method.
    pub fn start<M: WorkflowType>(&self, args: impl IntoArgs<M::Args>) -> StartCall<M> {
        StartCall::new(self.clone(), M::NAME.to_owned(), args.into_args())
    }

    /// A signal.
    pub fn signal<S: SignalType>(&self, args: impl IntoArgs<S::Args>) -> SignalCall<S> {
        SignalCall::new(self.clone(), S::NAME.to_owned(), args.into_args())
    }

    /// A query.
    pub fn query<Q: QueryType>(&self, args: impl IntoArgs<Q::Args>) -> QueryCall<Q> {
        QueryCall::new(self.clone(), Q::NAME.to_owned(), args.into_args())
    }

    /// An update.
    pub fn update<U: UpdateType>(&self, args: impl IntoArgs<U::Args>) -> UpdateCall<U> {
        UpdateCall::new(self.clone(), U::NAME.to_owned(), args.into_args())
    }

    /// A handle on a workflow that was started elsewhere.
    pub fn handle<M: WorkflowType>(&self) -> WorkflowHandle<M> {
        WorkflowHandle::new(self.client.clone(), self.id.clone(), self.run_id.clone())
    }
}

/// A workflow function, as a client sees it.
#[derive(Clone, Debug)]
#[must_use]
pub struct FunctionStub<M> {
    stub: ClientStub,
    workflow: PhantomData<fn() -> M>,
}

impl<M: WorkflowType> FunctionStub<M> {
    pub(super) fn new(stub: ClientStub) -> Self {
        Self {
            stub,
            workflow: PhantomData,
        }
    }

    start_setters!(set);

    fn set(&mut self) -> &mut StartOptions {
        &mut self.stub.options
    }

    /// Starts it and waits for its result; `.start()` on the call only starts it.
    pub fn execute(&self, args: impl IntoArgs<M::Args>) -> StartCall<M> {
        self.stub.start::<M>(args)
    }

    /// Starts it.
    ///
    /// # Errors
    /// If it cannot be started, for example because a workflow of this id runs already.
    pub async fn start(
        &self,
        args: impl IntoArgs<M::Args>,
    ) -> Result<WorkflowHandle<M>, super::ClientError> {
        self.stub.start::<M>(args).start().await
    }

    /// A handle on a workflow that was started elsewhere.
    pub fn handle(&self) -> WorkflowHandle<M> {
        self.stub.handle::<M>()
    }
}

/// A workflow by the name of its type: the types of arguments and results are given at each call.
#[derive(Clone, Debug)]
#[must_use]
pub struct UntypedWorkflow {
    stub: ClientStub,
    workflow_type: String,
}

impl UntypedWorkflow {
    pub(super) fn new(stub: ClientStub, workflow_type: String) -> Self {
        Self {
            stub,
            workflow_type,
        }
    }

    /// Talks to one run only, not to the current one.
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.stub.run_id = run_id.into();
        self
    }

    start_setters!(set);

    fn set(&mut self) -> &mut StartOptions {
        &mut self.stub.options
    }

    /// Starts it with a tuple of arguments and waits for its result; `.start()` on the call only starts it.
    pub fn execute<A: Args, R: Value>(&self, args: A) -> StartCall<Untyped<A, R>> {
        StartCall::new(self.stub.clone(), self.workflow_type.clone(), args)
    }

    /// A signal with a tuple of arguments.
    pub fn signal<A: Args>(
        &self,
        name: impl Into<String>,
        args: A,
    ) -> SignalCall<UntypedSignal<A>> {
        SignalCall::new(self.stub.clone(), name.into(), args)
    }

    /// A query with a tuple of arguments.
    pub fn query<A: Args, R: Value>(
        &self,
        name: impl Into<String>,
        args: A,
    ) -> QueryCall<Untyped<A, R>> {
        QueryCall::new(self.stub.clone(), name.into(), args)
    }

    /// An update with a tuple of arguments.
    pub fn update<A: Args, R: Value>(
        &self,
        name: impl Into<String>,
        args: A,
    ) -> UpdateCall<Untyped<A, R>> {
        UpdateCall::new(self.stub.clone(), name.into(), args)
    }

    /// A handle on a workflow that was started elsewhere.
    pub fn handle<R: Value>(&self) -> WorkflowHandle<Untyped<EncodedValues, R>> {
        self.stub.handle()
    }

    /// A handle that yields the result undecoded.
    pub fn raw_handle(&self) -> WorkflowHandle<Untyped<EncodedValues, RawPayload>> {
        self.stub.handle()
    }
}
