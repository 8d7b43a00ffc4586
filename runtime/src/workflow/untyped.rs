//! Calls by names that are only known at run time.

use std::marker::PhantomData;

use super::options::{ActivitySettings, activity_setters};
use super::{
    ActivityCall, ActivityOptions, ChildCall, ChildStub, ExternalSignalCall, ExternalStub,
    HandlerOf, NoTimeout, QueryType, SignalType, TimeoutSet, Timeouts, UpdateType, WorkflowType,
};
use crate::activity::Activity;
use crate::converter::{Args, Value};

/// The type of what is called by name: its parameters and its result.
#[derive(Debug)]
pub struct Untyped<A, R>(PhantomData<fn() -> (A, R)>);

/// The type of a signal that is sent by name: its parameters.
#[derive(Debug)]
pub struct UntypedSignal<A>(PhantomData<fn() -> A>);

#[diagnostic::do_not_recommend]
impl<A, M> HandlerOf<M> for UntypedSignal<A> {}

#[diagnostic::do_not_recommend]
impl<A, R, M> HandlerOf<M> for Untyped<A, R> {}

const NAME: &str = "untyped";

impl<A: Args, R: Value> Activity for Untyped<A, R> {
    const NAME: &'static str = NAME;
    type Args = A;
    type Output = R;
    type Timeouts = NoTimeout;

    fn options() -> ActivityOptions<NoTimeout> {
        ActivityOptions::new()
    }
}

impl<A: Args, R: Value> WorkflowType for Untyped<A, R> {
    const NAME: &'static str = NAME;
    type Args = A;
    type Output = R;
}

impl<A: Args, R: Value> QueryType for Untyped<A, R> {
    const NAME: &'static str = NAME;
    type Args = A;
    type Output = R;
}

impl<A: Args, R: Value> UpdateType for Untyped<A, R> {
    const NAME: &'static str = NAME;
    type Args = A;
    type Output = R;
}

impl<A: Args> SignalType for UntypedSignal<A> {
    const NAME: &'static str = NAME;
    type Args = A;
}

/// An activity by its name, such as one in another language.
///
/// ```no_run
/// use mainspring::prelude::*;
///
/// #[workflow]
/// async fn pay(account: String, amount: u32) -> Result<u32> {
///     let charged: u32 = workflow::untyped_activity("charge")
///         .start_to_close("10s")
///         .task_queue("payments")
///         .call((account, amount))
///         .await?;
///     Ok(charged)
/// }
/// ```
pub fn untyped_activity(name: impl Into<String>) -> UntypedActivity {
    UntypedActivity {
        name: name.into(),
        options: ActivityOptions::new(),
    }
}

/// A child workflow by the name of its type, such as one in another language.
pub fn untyped_child(workflow_type: impl Into<String>) -> UntypedChild {
    UntypedChild {
        name: workflow_type.into(),
        stub: ChildStub::new(),
    }
}

/// An activity by its name; `T` says whether a timeout is set, without which its calls do not compile.
#[derive(Debug)]
#[must_use]
pub struct UntypedActivity<T = NoTimeout> {
    name: String,
    options: ActivityOptions<T>,
}

impl<T: Timeouts> UntypedActivity<T> {
    activity_setters!(set, UntypedActivity<TimeoutSet>);

    fn set(&mut self) -> &mut ActivitySettings {
        self.options.set()
    }

    fn into_timeouts<U>(self) -> UntypedActivity<U> {
        UntypedActivity {
            name: self.name,
            options: self.options.into_timeouts(),
        }
    }

    /// Sets all options that `options` sets; the others stay.
    pub fn with<U: Timeouts>(self, options: ActivityOptions<U>) -> UntypedActivity<U::Or<T>> {
        UntypedActivity {
            name: self.name,
            options: options.or(self.options),
        }
    }

    /// Runs it in the worker of the workflow, as part of the workflow task.
    pub fn local(mut self) -> Self {
        self.options = self.options.local();
        self
    }

    /// A call with a tuple of arguments.
    #[track_caller]
    pub fn call<R: Value, A: Args>(&self, args: A) -> ActivityCall<Untyped<A, R>, T> {
        ActivityCall::new(args)
            .named(self.name.clone())
            .with(self.options.clone())
    }
}

impl<T> Clone for UntypedActivity<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            options: self.options.clone(),
        }
    }
}

/// A child workflow by the name of its type.
#[derive(Clone, Debug)]
#[must_use]
pub struct UntypedChild {
    name: String,
    stub: ChildStub,
}

impl UntypedChild {
    /// With these options.
    pub fn with(mut self, options: super::ChildOptions) -> Self {
        self.stub = self.stub.with(options);
        self
    }

    /// A call with a tuple of arguments.
    #[track_caller]
    pub fn call<R: Value, A: Args>(&self, args: A) -> ChildCall<Untyped<A, R>> {
        self.stub.call(args).named(self.name.clone())
    }
}

impl ExternalStub {
    /// A signal by its name, with a tuple of arguments.
    #[track_caller]
    pub fn untyped_signal<A: Args>(
        &self,
        name: impl Into<String>,
        args: A,
    ) -> ExternalSignalCall<UntypedSignal<A>> {
        self.signal(args).named(name)
    }
}
