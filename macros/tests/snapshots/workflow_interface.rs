#[allow(dead_code)]
pub trait Greeting: Pausable + ::core::marker::Sized + ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Greets.
    fn greet(
        &self,
        name: String,
    ) -> ::mainspring::Task<
        impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send,
    >;
    fn approve(&self, by: String);
    fn approvals(&self) -> u32;
    fn rename(
        &self,
        name: String,
    ) -> ::mainspring::Task<
        impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send,
    >;
    ///Says whether the update `rename` is accepted, before it is recorded.
    #[allow(clippy::ptr_arg)]
    fn check_rename(&self, name: &String) -> ::mainspring::Result<()>;
    #[doc(hidden)]
    const THE_IMPL_NEEDS_THE_WORKFLOW_ATTRIBUTE: ();
    #[doc(hidden)]
    #[allow(deprecated, unused_variables)]
    fn __handlers<__M: ::mainspring::workflow::WorkflowType, __I>(
        builder: ::mainspring::workflow::WorkflowBuilder<Self, __M::Args, __I>,
    ) -> ::mainspring::workflow::WorkflowBuilder<Self, __M::Args, __I> {
        let builder = <Self as Pausable>::__handlers::<__M, __I>(builder);
        let builder = ::mainspring::__private::define::signal::<
            Greeting_approve,
            _,
            _,
            _,
            _,
            _,
        >(
            builder,
            ::mainspring::workflow::Handler::new("approve"),
            |__workflow: ::mainspring::__private::Arc<Self>, (by,)| async move {
                {
                    Self::approve(&*__workflow, by);
                    ::core::result::Result::Ok(())
                }
            },
        );
        let builder = ::mainspring::__private::define::query::<
            Greeting_approvals,
            _,
            _,
            _,
            _,
        >(
            builder,
            ::mainspring::workflow::Handler::new("approvals"),
            |__workflow: &Self, ()| ::core::result::Result::Ok(
                Self::approvals(__workflow),
            ),
        );
        let builder = ::mainspring::__private::define::update::<
            Greeting_rename,
            _,
            _,
            _,
            _,
            _,
        >(
            builder,
            ::mainspring::workflow::Handler::new("rename"),
            ::core::option::Option::Some(|__workflow: &Self, (name,)| ::mainspring::__private::workflow_result(
                Self::check_rename(__workflow, name),
            )),
            |__workflow: ::mainspring::__private::Arc<Self>, (name,)| async move {
                ::mainspring::__private::workflow_result(
                    Self::rename(&*__workflow, name).await,
                )
            },
        );
        builder
    }
    #[doc(hidden)]
    #[allow(deprecated)]
    fn __definition(
        config: ::mainspring::__private::WorkflowConfig,
    ) -> ::core::option::Option<::mainspring::workflow::WorkflowDefinition>
    where
        Self: ::mainspring::__private::Init<(String,)>,
    {
        let builder = ::mainspring::__private::define::workflow::<
            Greeting_greet,
            Self,
            _,
            _,
        >(
            config,
            |__workflow: ::mainspring::__private::Arc<Self>, (name,)| async move {
                ::mainspring::__private::workflow_result(
                    Self::greet(&*__workflow, name).await,
                )
            },
        );
        ::core::option::Option::Some(
            ::mainspring::__private::define::build::<
                Greeting_greet,
                _,
            >(<Self as Greeting>::__handlers::<Greeting_greet, _>(builder)),
        )
    }
    #[doc(hidden)]
    fn __access_approve() -> ::mainspring::__private::Changes {
        ::mainspring::__private::Changes
    }
    #[doc(hidden)]
    fn __access_approvals() -> ::mainspring::__private::Reads {
        ::mainspring::__private::Reads
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct Greeting_greet {}
impl ::mainspring::workflow::WorkflowType for Greeting_greet {
    const NAME: &'static str = "Greeting";
    type Args = (String,);
    type Output = <Result<String> as ::mainspring::__private::Fallible>::Ok;
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct Greeting_approve {}
impl ::mainspring::workflow::SignalType for Greeting_approve {
    const NAME: &'static str = "approve";
    type Args = (String,);
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
#[allow(non_camel_case_types)]
pub struct Greeting_approvals {}
impl ::mainspring::workflow::QueryType for Greeting_approvals {
    const NAME: &'static str = "approvals";
    type Args = ();
    type Output = u32;
}
#[allow(deprecated)]
const _: fn() = || {
    #[allow(unused_imports)]
    use ::mainspring::__private::NotAResult as _;
    ::mainspring::__private::Names::<u32>::new().__plain();
};
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct Greeting_rename {}
impl ::mainspring::workflow::UpdateType for Greeting_rename {
    const NAME: &'static str = "rename";
    type Args = (String,);
    type Output = <Result<()> as ::mainspring::__private::Fallible>::Ok;
}
#[diagnostic::do_not_recommend]
impl ::mainspring::workflow::HandlerOf<Greeting_greet> for Greeting_rename {}
#[diagnostic::do_not_recommend]
impl<
    __A,
    __R,
> ::mainspring::workflow::HandlerOf<::mainspring::workflow::Untyped<__A, __R>>
for Greeting_rename {}
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct GreetingInterface;
///`Greeting` as callers name it: `client.workflow(Greeting, id)`, `Greeting.child()`, `Greeting.external(id)`.
#[allow(non_upper_case_globals, dead_code)]
pub const Greeting: GreetingInterface = GreetingInterface;
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
    pub fn child(self) -> GreetingChild {
        ::core::convert::From::from(::mainspring::workflow::ChildStub::new())
    }
    /// Another workflow execution, by this interface.
    #[must_use]
    pub fn external(
        self,
        id: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> GreetingExternal {
        ::core::convert::From::from(::mainspring::workflow::ExternalStub::new(id))
    }
}
///Calls of `Greeting` from outside workflows; made by `client.workflow(Greeting, id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct GreetingClient<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::client::ClientStub,
    next: PausableClient<__Next>,
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
    /// Greets.
    #[track_caller]
    pub fn greet(
        &self,
        name: impl ::mainspring::__private::Text,
    ) -> ::mainspring::client::StartCall<Greeting_greet> {
        ::mainspring::__private::calls::start::<
            Greeting_greet,
        >(&self.stub, (::mainspring::__private::Text::into_text(name),))
    }
    #[track_caller]
    pub fn approve(
        &self,
        by: impl ::mainspring::__private::Text,
    ) -> ::mainspring::client::SignalCall<Greeting_approve> {
        ::mainspring::__private::calls::signal::<
            Greeting_approve,
        >(&self.stub, (::mainspring::__private::Text::into_text(by),))
    }
    #[track_caller]
    pub fn approvals(&self) -> ::mainspring::client::QueryCall<Greeting_approvals> {
        ::mainspring::__private::calls::query::<Greeting_approvals>(&self.stub, ())
    }
    #[track_caller]
    pub fn rename(
        &self,
        name: impl ::mainspring::__private::Text,
    ) -> ::mainspring::client::UpdateCall<Greeting_rename> {
        ::mainspring::__private::calls::update::<
            Greeting_rename,
        >(&self.stub, (::mainspring::__private::Text::into_text(name),))
    }
    ///See [`run_id`](::mainspring::client::ClientStub::run_id).
    #[must_use]
    pub fn run_id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.run_id(value))
    }
    ///See [`task_queue`](::mainspring::client::ClientStub::task_queue).
    #[must_use]
    pub fn task_queue(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.task_queue(value))
    }
    /// A handle on a workflow that was started elsewhere: to await its result, describe, cancel or terminate it.
    pub fn handle(&self) -> ::mainspring::client::WorkflowHandle<Greeting_greet> {
        self.stub.handle::<Greeting_greet>()
    }
}
impl<__Next> ::core::ops::Deref for GreetingClient<__Next> {
    type Target = PausableClient<__Next>;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///`Greeting` as a child workflow; made by `Greeting.child()`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct GreetingChild<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ChildStub,
    next: PausableChild<__Next>,
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
    /// Greets.
    #[track_caller]
    pub fn greet(
        &self,
        name: impl ::mainspring::__private::Text,
    ) -> ::mainspring::workflow::ChildCall<Greeting_greet> {
        ::mainspring::__private::calls::child::<
            Greeting_greet,
        >(&self.stub, (::mainspring::__private::Text::into_text(name),))
    }
    ///See [`id`](::mainspring::workflow::ChildStub::id).
    #[must_use]
    pub fn id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.id(value))
    }
    ///See [`task_queue`](::mainspring::workflow::ChildStub::task_queue).
    #[must_use]
    pub fn task_queue(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.task_queue(value))
    }
    ///See [`execution_timeout`](::mainspring::workflow::ChildStub::execution_timeout).
    #[must_use]
    pub fn execution_timeout(
        self,
        value: impl ::mainspring::time::IntoDuration,
    ) -> Self {
        ::core::convert::From::from(self.stub.execution_timeout(value))
    }
    ///See [`run_timeout`](::mainspring::workflow::ChildStub::run_timeout).
    #[must_use]
    pub fn run_timeout(self, value: impl ::mainspring::time::IntoDuration) -> Self {
        ::core::convert::From::from(self.stub.run_timeout(value))
    }
    ///See [`task_timeout`](::mainspring::workflow::ChildStub::task_timeout).
    #[must_use]
    pub fn task_timeout(self, value: impl ::mainspring::time::IntoDuration) -> Self {
        ::core::convert::From::from(self.stub.task_timeout(value))
    }
    ///See [`cron`](::mainspring::workflow::ChildStub::cron).
    #[must_use]
    pub fn cron(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.cron(value))
    }
    ///See [`summary`](::mainspring::workflow::ChildStub::summary).
    #[must_use]
    pub fn summary(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.summary(value))
    }
    ///See [`details`](::mainspring::workflow::ChildStub::details).
    #[must_use]
    pub fn details(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.details(value))
    }
    ///See [`retry`](::mainspring::workflow::ChildStub::retry).
    #[must_use]
    pub fn retry(self, value: ::mainspring::RetryPolicy) -> Self {
        ::core::convert::From::from(self.stub.retry(value))
    }
    ///See [`parent_close_policy`](::mainspring::workflow::ChildStub::parent_close_policy).
    #[must_use]
    pub fn parent_close_policy(
        self,
        value: ::mainspring::workflow::ParentClosePolicy,
    ) -> Self {
        ::core::convert::From::from(self.stub.parent_close_policy(value))
    }
    ///See [`cancellation`](::mainspring::workflow::ChildStub::cancellation).
    #[must_use]
    pub fn cancellation(
        self,
        value: impl ::core::convert::Into<::mainspring::workflow::ChildCancellationType>,
    ) -> Self {
        ::core::convert::From::from(self.stub.cancellation(value))
    }
    ///See [`id_reuse_policy`](::mainspring::workflow::ChildStub::id_reuse_policy).
    #[must_use]
    pub fn id_reuse_policy(self, value: ::mainspring::workflow::IdReusePolicy) -> Self {
        ::core::convert::From::from(self.stub.id_reuse_policy(value))
    }
    ///See [`search_attributes`](::mainspring::workflow::ChildStub::search_attributes).
    #[must_use]
    pub fn search_attributes(
        self,
        value: ::mainspring::workflow::SearchAttributes,
    ) -> Self {
        ::core::convert::From::from(self.stub.search_attributes(value))
    }
    ///See [`with`](::mainspring::workflow::ChildStub::with).
    #[must_use]
    pub fn with(self, value: ::mainspring::workflow::ChildOptions) -> Self {
        ::core::convert::From::from(self.stub.with(value))
    }
    ///See [`memo`](::mainspring::workflow::ChildStub::memo).
    #[must_use]
    pub fn memo(
        self,
        name: impl ::core::convert::Into<::mainspring::__private::String>,
        value: impl ::mainspring::__private::Value,
    ) -> Self {
        ::core::convert::From::from(self.stub.memo(name, value))
    }
}
impl<__Next> ::core::ops::Deref for GreetingChild<__Next> {
    type Target = PausableChild<__Next>;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///Signals to a running `Greeting` from workflow code; made by `Greeting.external(id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct GreetingExternal<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ExternalStub,
    next: PausableExternal<__Next>,
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
    pub fn approve(
        &self,
        by: impl ::mainspring::__private::Text,
    ) -> ::mainspring::workflow::ExternalSignalCall<Greeting_approve> {
        ::mainspring::__private::calls::signal_external::<
            Greeting_approve,
        >(&self.stub, (::mainspring::__private::Text::into_text(by),))
    }
    ///See [`run_id`](::mainspring::workflow::ExternalStub::run_id).
    #[must_use]
    pub fn run_id(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.run_id(value))
    }
    ///See [`namespace`](::mainspring::workflow::ExternalStub::namespace).
    #[must_use]
    pub fn namespace(
        self,
        value: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> Self {
        ::core::convert::From::from(self.stub.namespace(value))
    }
    /// Asks it to cancel.
    #[track_caller]
    pub fn cancel(&self) -> ::mainspring::workflow::ExternalCancelCall {
        self.stub.cancel()
    }
}
impl<__Next> ::core::ops::Deref for GreetingExternal<__Next> {
    type Target = PausableExternal<__Next>;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
::mainspring::__private::if_testing! {
    #[doc =
    "Stands in for `Greeting` in a test: each method takes what is called in place of the real one, and gives a record of the calls."]
    #[derive(Clone, Copy, Debug)] #[allow(dead_code)] pub struct GreetingMock < 'e > (&
    'e::mainspring::testing::TestEnv); #[allow(dead_code, deprecated,
    clippy::type_complexity)] impl < 'e > GreetingMock < 'e > { #[doc =
    r" For the worker of this environment, before it starts."] #[must_use] pub fn new(env
    : & 'e::mainspring::testing::TestEnv) -> Self { Self(env) } #[doc = " Greets."]
    #[track_caller] pub fn greet(& self, body : impl ::core::ops::Fn(String) ->
    ::core::result::Result < < Greeting_greet as ::mainspring::workflow::WorkflowType >
    ::Output, ::mainspring::WorkflowError, > + ::core::marker::Send +
    ::core::marker::Sync + 'static,) -> ::mainspring::testing::WorkflowMock <
    Greeting_greet > { self.0. mock_workflow:: < Greeting_greet > (move | (name,) |
    body(name)) } }
}
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::HelperEntry::new(& ["Greeting"],
        ::mainspring::__private::ExpectedActivities::new(& [], & [], & ["Pausable"]))
    }
};
