#[allow(dead_code)]
trait Greeting: ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
    fn greet(
        &self,
        name: &str,
    ) -> ::mainspring::Task<
        impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send,
    >;
    fn approve(&mut self) -> u32;
    #[doc(hidden)]
    const THE_IMPL_NEEDS_THE_WORKFLOW_ATTRIBUTE: ();
    #[doc(hidden)]
    #[allow(deprecated, unused_variables)]
    fn __handlers<__M: ::mainspring::workflow::WorkflowType, __I>(
        builder: ::mainspring::workflow::WorkflowBuilder<Self, __M::Args, __I>,
    ) -> ::mainspring::workflow::WorkflowBuilder<Self, __M::Args, __I> {
        builder
    }
    #[doc(hidden)]
    fn __definition(
        _: ::mainspring::__private::WorkflowConfig,
    ) -> ::core::option::Option<::mainspring::workflow::WorkflowDefinition> {
        ::core::option::Option::None
    }
    #[doc(hidden)]
    fn __access_approve() -> ::mainspring::__private::Changes {
        ::mainspring::__private::Changes
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct Greeting_greet {}
impl ::mainspring::workflow::WorkflowType for Greeting_greet {
    const NAME: &'static str = "Greeting";
    type Args = ();
    type Output = ();
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct Greeting_approve {}
impl ::mainspring::workflow::SignalType for Greeting_approve {
    const NAME: &'static str = "approve";
    type Args = ();
}
#[diagnostic::do_not_recommend]
impl ::mainspring::workflow::HandlerOf<Greeting_greet> for Greeting_approve {}
#[diagnostic::do_not_recommend]
impl<
    __A,
    __R,
> ::mainspring::workflow::HandlerOf<::mainspring::workflow::Untyped<__A, __R>>
for Greeting_approve {}
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
struct GreetingInterface;
///`Greeting` as callers name it: `client.workflow(Greeting, id)`, `Greeting.child()`, `Greeting.external(id)`.
#[allow(non_upper_case_globals, dead_code)]
const Greeting: GreetingInterface = GreetingInterface;
impl ::mainspring::workflow::Interface for GreetingInterface {
    const NAME: &'static str = "Greeting";
    type Client = GreetingClient;
    type Child = GreetingChild;
    type External = GreetingExternal;
}
#[allow(dead_code)]
impl GreetingInterface {
    /// A child of the workflow that calls this, by this interface; options are set on it.
    #[must_use]
    fn child(self) -> GreetingChild {
        ::core::convert::From::from(::mainspring::workflow::ChildStub::new())
    }
    /// Another workflow execution, by this interface.
    #[must_use]
    fn external(
        self,
        id: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> GreetingExternal {
        ::core::convert::From::from(::mainspring::workflow::ExternalStub::new(id))
    }
}
///Calls of `Greeting` from outside workflows; made by `client.workflow(Greeting, id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
struct GreetingClient<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::client::ClientStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::client::ClientStub>,
> ::core::convert::From<::mainspring::client::ClientStub> for GreetingClient<__Next> {
    fn from(stub: ::mainspring::client::ClientStub) -> Self {
        Self {
            next: ::core::convert::From::from(::core::clone::Clone::clone(&stub)),
            stub,
        }
    }
}
#[allow(dead_code, deprecated, unused_variables, clippy::too_many_arguments)]
impl<
    __Next: ::core::convert::From<::mainspring::client::ClientStub>,
> GreetingClient<__Next> {
    #[track_caller]
    fn greet(&self, name: &str) -> ::mainspring::client::StartCall<Greeting_greet> {
        ::mainspring::__private::calls::start::<Greeting_greet>(&self.stub, ())
    }
    #[track_caller]
    fn approve(&self) -> ::mainspring::client::SignalCall<Greeting_approve> {
        ::mainspring::__private::calls::signal::<Greeting_approve>(&self.stub, ())
    }
    ///See [`run_id`](::mainspring::client::ClientStub::run_id).
    #[must_use]
    fn run_id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.run_id(value))
    }
    ///See [`task_queue`](::mainspring::client::ClientStub::task_queue).
    #[must_use]
    fn task_queue(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.task_queue(value))
    }
    /// A handle on a workflow that was started elsewhere: to await its result, describe, cancel or terminate it.
    fn handle(&self) -> ::mainspring::client::WorkflowHandle<Greeting_greet> {
        self.stub.handle::<Greeting_greet>()
    }
}
impl<__Next> ::core::ops::Deref for GreetingClient<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///`Greeting` as a child workflow; made by `Greeting.child()`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
struct GreetingChild<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ChildStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ChildStub>,
> ::core::convert::From<::mainspring::workflow::ChildStub> for GreetingChild<__Next> {
    fn from(stub: ::mainspring::workflow::ChildStub) -> Self {
        Self {
            next: ::core::convert::From::from(::core::clone::Clone::clone(&stub)),
            stub,
        }
    }
}
#[allow(dead_code, deprecated, unused_variables, clippy::too_many_arguments)]
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ChildStub>,
> GreetingChild<__Next> {
    #[track_caller]
    fn greet(&self, name: &str) -> ::mainspring::workflow::ChildCall<Greeting_greet> {
        ::mainspring::__private::calls::child::<Greeting_greet>(&self.stub, ())
    }
    ///See [`id`](::mainspring::workflow::ChildStub::id).
    #[must_use]
    fn id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.id(value))
    }
    ///See [`task_queue`](::mainspring::workflow::ChildStub::task_queue).
    #[must_use]
    fn task_queue(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.task_queue(value))
    }
    ///See [`execution_timeout`](::mainspring::workflow::ChildStub::execution_timeout).
    #[must_use]
    fn execution_timeout(self, value: impl ::mainspring::time::IntoDuration) -> Self {
        ::core::convert::From::from(self.stub.execution_timeout(value))
    }
    ///See [`run_timeout`](::mainspring::workflow::ChildStub::run_timeout).
    #[must_use]
    fn run_timeout(self, value: impl ::mainspring::time::IntoDuration) -> Self {
        ::core::convert::From::from(self.stub.run_timeout(value))
    }
    ///See [`task_timeout`](::mainspring::workflow::ChildStub::task_timeout).
    #[must_use]
    fn task_timeout(self, value: impl ::mainspring::time::IntoDuration) -> Self {
        ::core::convert::From::from(self.stub.task_timeout(value))
    }
    ///See [`cron`](::mainspring::workflow::ChildStub::cron).
    #[must_use]
    fn cron(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.cron(value))
    }
    ///See [`summary`](::mainspring::workflow::ChildStub::summary).
    #[must_use]
    fn summary(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.summary(value))
    }
    ///See [`details`](::mainspring::workflow::ChildStub::details).
    #[must_use]
    fn details(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.details(value))
    }
    ///See [`retry`](::mainspring::workflow::ChildStub::retry).
    #[must_use]
    fn retry(self, value: ::mainspring::RetryPolicy) -> Self {
        ::core::convert::From::from(self.stub.retry(value))
    }
    ///See [`parent_close_policy`](::mainspring::workflow::ChildStub::parent_close_policy).
    #[must_use]
    fn parent_close_policy(
        self,
        value: ::mainspring::workflow::ParentClosePolicy,
    ) -> Self {
        ::core::convert::From::from(self.stub.parent_close_policy(value))
    }
    ///See [`cancellation`](::mainspring::workflow::ChildStub::cancellation).
    #[must_use]
    fn cancellation(
        self,
        value: impl ::core::convert::Into<::mainspring::workflow::ChildCancellationType>,
    ) -> Self {
        ::core::convert::From::from(self.stub.cancellation(value))
    }
    ///See [`id_reuse_policy`](::mainspring::workflow::ChildStub::id_reuse_policy).
    #[must_use]
    fn id_reuse_policy(self, value: ::mainspring::workflow::IdReusePolicy) -> Self {
        ::core::convert::From::from(self.stub.id_reuse_policy(value))
    }
    ///See [`search_attributes`](::mainspring::workflow::ChildStub::search_attributes).
    #[must_use]
    fn search_attributes(self, value: ::mainspring::workflow::SearchAttributes) -> Self {
        ::core::convert::From::from(self.stub.search_attributes(value))
    }
    ///See [`with`](::mainspring::workflow::ChildStub::with).
    #[must_use]
    fn with(self, value: ::mainspring::workflow::ChildOptions) -> Self {
        ::core::convert::From::from(self.stub.with(value))
    }
    ///See [`memo`](::mainspring::workflow::ChildStub::memo).
    #[must_use]
    fn memo(
        self,
        name: impl ::core::convert::Into<::mainspring::__private::String>,
        value: impl ::mainspring::__private::Value,
    ) -> Self {
        ::core::convert::From::from(self.stub.memo(name, value))
    }
}
impl<__Next> ::core::ops::Deref for GreetingChild<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///Signals to a running `Greeting` from workflow code; made by `Greeting.external(id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
struct GreetingExternal<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ExternalStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ExternalStub>,
> ::core::convert::From<::mainspring::workflow::ExternalStub>
for GreetingExternal<__Next> {
    fn from(stub: ::mainspring::workflow::ExternalStub) -> Self {
        Self {
            next: ::core::convert::From::from(::core::clone::Clone::clone(&stub)),
            stub,
        }
    }
}
#[allow(dead_code, deprecated, unused_variables, clippy::too_many_arguments)]
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ExternalStub>,
> GreetingExternal<__Next> {
    #[track_caller]
    fn approve(&self) -> ::mainspring::workflow::ExternalSignalCall<Greeting_approve> {
        ::mainspring::__private::calls::signal_external::<
            Greeting_approve,
        >(&self.stub, ())
    }
    ///See [`run_id`](::mainspring::workflow::ExternalStub::run_id).
    #[must_use]
    fn run_id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.run_id(value))
    }
    ///See [`namespace`](::mainspring::workflow::ExternalStub::namespace).
    #[must_use]
    fn namespace(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.namespace(value))
    }
    /// Asks it to cancel.
    #[track_caller]
    fn cancel(&self) -> ::mainspring::workflow::ExternalCancelCall {
        self.stub.cancel()
    }
}
impl<__Next> ::core::ops::Deref for GreetingExternal<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
::mainspring::__private::if_testing! {
    #[doc =
    "Stands in for `Greeting` in a test: each method takes what is called in place of the real one, and gives a record of the calls."]
    #[derive(Clone, Copy, Debug)] #[allow(dead_code)] struct GreetingMock < 'e > (&
    'e::mainspring::testing::TestEnv); #[allow(dead_code, deprecated,
    clippy::type_complexity)] impl < 'e > GreetingMock < 'e > { #[doc =
    r" For the worker of this environment, before it starts."] #[must_use] pub fn new(env
    : & 'e::mainspring::testing::TestEnv) -> Self { Self(env) } }
}
::core::compile_error! {
    "`nme` is no option of `#[workflow_interface]`: did you mean `name`?\nit takes `name`, `rename_all` or `task_queue`"
}
::core::compile_error! {
    "the run method must be `async`: it is what waits for activities, timers and handlers\nwrite `#[run] async fn greet(&self, name: String) -> Result<String>`"
}
::core::compile_error! {
    "this parameter travels between programs, so it cannot be borrowed: use `String`"
}
::core::compile_error! {
    "this must be `&self`: the run method and the handlers share the workflow while it runs\nkeep what changes in `State<T>` fields: `self.approvals.update(|list| list.push(by))`"
}
::core::compile_error! {
    "a signal returns nothing: its sender does not wait for an answer\nmake it an `#[update]` to answer, or return `()` or `Result<()>`"
}
