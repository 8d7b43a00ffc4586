//! Calls of activities.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::options::{ActivitySettings, activity_setters};
use super::{ActivityOptions, HasTimeout, TimeoutSet, Timeouts, decoded, encoded_args};
use crate::activity::Activity;
use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::machines::{ActivityRequest, Seq};
use crate::error::{ActivityFailure, Failure};

/// A call of an activity, not yet made: set options, then await it, or start it.
///
/// `T` says whether a timeout is set, in the attribute or at the call. Without one it can neither be awaited nor started.
#[must_use = "an activity call does nothing unless awaited or started"]
pub struct ActivityCall<A: Activity, T = <A as Activity>::Timeouts> {
    name: Option<String>,
    args: A::Args,
    settings: ActivitySettings,
    timeouts: PhantomData<fn() -> T>,
    at: &'static Location<'static>,
}

impl<A: Activity> ActivityCall<A> {
    /// A call with the options of the activity's attribute.
    #[track_caller]
    pub fn new(args: A::Args) -> Self {
        Self {
            name: None,
            args,
            settings: A::options().into_settings(),
            timeouts: PhantomData,
            at: Location::caller(),
        }
    }
}

impl<A: Activity, T: Timeouts> ActivityCall<A, T> {
    /// Calls the activity by another name than the one of its type.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    activity_setters!(set, ActivityCall<A, TimeoutSet>);

    fn set(&mut self) -> &mut ActivitySettings {
        &mut self.settings
    }

    fn into_timeouts<U>(self) -> ActivityCall<A, U> {
        ActivityCall {
            name: self.name,
            args: self.args,
            settings: self.settings,
            timeouts: PhantomData,
            at: self.at,
        }
    }

    /// Sets all options that `options` sets; the others stay.
    pub fn with<U: Timeouts>(mut self, options: ActivityOptions<U>) -> ActivityCall<A, T::Or<U>> {
        self.settings = options.into_settings().or(self.settings);
        self.into_timeouts()
    }

    /// Runs it in the worker of the workflow, as part of the workflow task: for short calls that need no queue.
    pub fn local(mut self) -> Self {
        self.settings.local = Some(true);
        self
    }

    /// Starts it, to be awaited later.
    ///
    /// # Panics
    /// Outside workflow code, or if an argument does not encode.
    pub fn start(self) -> ActivityHandle<A>
    where
        T: HasTimeout<A>,
    {
        ActivityHandle {
            seq: self.schedule(),
            output: PhantomData,
        }
    }

    /// Goes before the method of `Gate`, whose condition is that this is `Durable`: what a call lacks for that is its
    /// timeout, and here the error says so.
    #[doc(hidden)]
    pub fn __durable(self) -> ActivityFuture<A>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }

    fn schedule(self) -> Seq {
        let name = self.name.unwrap_or_else(|| A::NAME.to_owned());
        context::with("an activity call", |run| {
            let input = encoded_args(run, &name, &self.args);
            run.schedule_activity(ActivityRequest {
                name,
                input,
                settings: self.settings,
                at: self.at,
            })
        })
    }
}

#[diagnostic::do_not_recommend]
impl<A: Activity, T: HasTimeout<A>> Durable for ActivityCall<A, T> {
    type Output = Result<A::Output, ActivityFailure>;
    type Fut = ActivityFuture<A>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ActivityFuture {
            seq: self.schedule(),
            cancel_on_drop: true,
            output: PhantomData,
        }
    }
}

/// An activity that was started. Dropping it lets the activity run.
#[must_use = "an activity whose outcome nobody awaits may fail unseen"]
pub struct ActivityHandle<A: Activity> {
    seq: Seq,
    output: PhantomData<fn() -> A>,
}

impl<A: Activity> ActivityHandle<A> {
    /// Asks it to cancel. What awaiting it then yields depends on its `cancellation` option.
    pub fn cancel(&self) {
        context::with("ActivityHandle::cancel", |run| {
            run.cancel_activity(self.seq)
        });
    }

    /// Whether awaiting it would yield at once.
    pub fn is_done(&self) -> bool {
        context::with("ActivityHandle::is_done", |run| {
            run.activity_is_done(self.seq)
        })
    }
}

#[diagnostic::do_not_recommend]
impl<A: Activity> Durable for ActivityHandle<A> {
    type Output = Result<A::Output, ActivityFailure>;
    type Fut = ActivityFuture<A>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ActivityFuture {
            seq: self.seq,
            cancel_on_drop: false,
            output: PhantomData,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A: Activity> Durable for &mut ActivityHandle<A> {
    type Output = Result<A::Output, ActivityFailure>;
    type Fut = ActivityFuture<A>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        ActivityFuture {
            seq: self.seq,
            cancel_on_drop: false,
            output: PhantomData,
        }
    }
}

/// The outcome of an activity. Dropped before it is known, as the loser of a `select!` is, it cancels an activity
/// that was not started through a handle.
pub struct ActivityFuture<A: Activity> {
    seq: Seq,
    cancel_on_drop: bool,
    output: PhantomData<fn() -> A>,
}

impl<A: Activity> Future for ActivityFuture<A> {
    type Output = Result<A::Output, ActivityFailure>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let seq = self.seq;
        let outcome = context::with("an activity call", |run| run.poll_activity(seq));
        let Poll::Ready(outcome) = outcome else {
            return Poll::Pending;
        };
        self.cancel_on_drop = false;
        Poll::Ready(match outcome {
            Ok(payload) => Ok(decoded(A::NAME, payload)),
            Err(failure) => Err(ActivityFailure::from_failure(Failure::from_proto(failure))),
        })
    }
}

impl<A: Activity> Drop for ActivityFuture<A> {
    fn drop(&mut self) {
        if self.cancel_on_drop {
            // Nothing is current when a whole run is dropped, which must not record anything.
            context::try_with(|run| run.cancel_activity(self.seq));
        }
    }
}
