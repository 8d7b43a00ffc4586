impl Order {
    pub fn run(
        &self,
        total: u64,
    ) -> ::mainspring::Task<
        impl ::core::future::Future<Output = u64> + ::core::marker::Send,
    > {
        #[allow(unused_imports)]
        use ::mainspring::__private::Gate as _;
        ::mainspring::__private::durable(async move {
            #[allow(unreachable_code, clippy::all, clippy::pedantic)]
            if false {
                let __output: u64 = loop {};
                return __output;
            }
            self.paid(total).__durable().await
        })
    }
    fn total(&self) -> u64 {
        #[allow(unused_imports)]
        use ::mainspring::__private::Gate as _;
        self.total.__write(::mainspring::__private::Reads).set(1);
        self.total.get()
    }
}
#[allow(dead_code)]
impl Order {
    /// This workflow as callers name it: `client.workflow(Order::INTERFACE, id)`, `Order::INTERFACE.child()`.
    pub const INTERFACE: OrderInterface = OrderInterface;
    #[doc(hidden)]
    #[allow(deprecated)]
    fn __definition(
        config: ::mainspring::__private::WorkflowConfig,
    ) -> ::core::option::Option<::mainspring::workflow::WorkflowDefinition> {
        let builder = ::mainspring::__private::define::workflow::<
            Order_run,
            Self,
            _,
            _,
        >(
            config,
            |__workflow: ::mainspring::__private::Arc<Self>, (total,)| async move {
                ::core::result::Result::Ok(Self::run(&*__workflow, total).await)
            },
        );
        ::core::option::Option::Some(
            ::mainspring::__private::define::build::<
                Order_run,
                _,
            >({
                let builder = ::mainspring::__private::define::query::<
                    Order_total,
                    _,
                    _,
                    _,
                    _,
                >(
                    builder,
                    ::mainspring::workflow::Handler::new("total"),
                    |__workflow: &Self, ()| ::core::result::Result::Ok(
                        Self::total(__workflow),
                    ),
                );
                builder
            }),
        )
    }
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct Order_run {}
impl ::mainspring::workflow::WorkflowType for Order_run {
    const NAME: &'static str = "Order";
    type Args = (u64,);
    type Output = u64;
}
#[allow(deprecated)]
const _: fn() = || {
    #[allow(unused_imports)]
    use ::mainspring::__private::NotAResult as _;
    ::mainspring::__private::Names::<u64>::new().__plain();
};
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct Order_total {}
impl ::mainspring::workflow::QueryType for Order_total {
    const NAME: &'static str = "total";
    type Args = ();
    type Output = u64;
}
#[allow(deprecated)]
const _: fn() = || {
    #[allow(unused_imports)]
    use ::mainspring::__private::NotAResult as _;
    ::mainspring::__private::Names::<u64>::new().__plain();
};
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct OrderInterface;
impl ::mainspring::workflow::Interface for OrderInterface {
    const NAME: &'static str = "Order";
    type Client = OrderClient;
    type Child = OrderChild;
    type External = OrderExternal;
}
#[allow(dead_code)]
impl OrderInterface {
    /// A child of the workflow that calls this, by this interface; options are set on it.
    #[must_use]
    pub fn child(self) -> OrderChild {
        ::core::convert::From::from(::mainspring::workflow::ChildStub::new())
    }
    /// Another workflow execution, by this interface.
    #[must_use]
    pub fn external(
        self,
        id: impl ::core::convert::Into<::mainspring::__private::String>,
    ) -> OrderExternal {
        ::core::convert::From::from(::mainspring::workflow::ExternalStub::new(id))
    }
}
///Calls of `Order` from outside workflows; made by `client.workflow(Order, id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct OrderClient<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::client::ClientStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::client::ClientStub>,
> ::core::convert::From<::mainspring::client::ClientStub> for OrderClient<__Next> {
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
> OrderClient<__Next> {
    #[track_caller]
    pub fn run(&self, total: u64) -> ::mainspring::client::StartCall<Order_run> {
        ::mainspring::__private::calls::start::<Order_run>(&self.stub, (total,))
    }
    #[track_caller]
    pub fn total(&self) -> ::mainspring::client::QueryCall<Order_total> {
        ::mainspring::__private::calls::query::<Order_total>(&self.stub, ())
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
    pub fn handle(&self) -> ::mainspring::client::WorkflowHandle<Order_run> {
        self.stub.handle::<Order_run>()
    }
}
impl<__Next> ::core::ops::Deref for OrderClient<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///`Order` as a child workflow; made by `Order.child()`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct OrderChild<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ChildStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ChildStub>,
> ::core::convert::From<::mainspring::workflow::ChildStub> for OrderChild<__Next> {
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
> OrderChild<__Next> {
    #[track_caller]
    pub fn run(&self, total: u64) -> ::mainspring::workflow::ChildCall<Order_run> {
        ::mainspring::__private::calls::child::<Order_run>(&self.stub, (total,))
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
impl<__Next> ::core::ops::Deref for OrderChild<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
///Signals to a running `Order` from workflow code; made by `Order.external(id)`.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct OrderExternal<__Next = ::mainspring::__private::End> {
    stub: ::mainspring::workflow::ExternalStub,
    next: __Next,
}
impl<
    __Next: ::core::convert::From<::mainspring::workflow::ExternalStub>,
> ::core::convert::From<::mainspring::workflow::ExternalStub> for OrderExternal<__Next> {
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
> OrderExternal<__Next> {
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
impl<__Next> ::core::ops::Deref for OrderExternal<__Next> {
    type Target = __Next;
    fn deref(&self) -> &Self::Target {
        &self.next
    }
}
#[allow(deprecated)]
const _: () = {
    ::mainspring::__private::inventory::submit! {
        ::mainspring::__private::WorkflowEntry(|| < Order >
        ::__definition(::mainspring::__private::WorkflowConfig::new(::mainspring::location!())
        .expects(& [], & [], & ["paid"])))
    }
};
