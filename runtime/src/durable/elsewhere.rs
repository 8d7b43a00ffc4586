//! Durable operations where no workflow code is: what rustc says when one is awaited, spawned or blocked on there.
//!
//! Each of them is a `Future` under a condition that nothing meets. So it is none, ever; but rustc, which looks for what
//! is missing, finds the condition and prints its message instead of "is not a future".
//!
//! Two details make that work. The condition is not on the operation itself, as rustc would then speak of the outermost
//! trait, `IntoFuture`. And it is under a `for<..>`, as conditions that are plainly unmet are refused in an `impl`.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::Durable;
use crate::activity::Activity;
use crate::combine::{JoinAll, Race, Timeout, TryJoinAll};
use crate::converter::Args;
use crate::error::ActivityFailure;
use crate::workflow::{
    Acquire, ActivityCall, ActivityHandle, Cancellation, ChildCall, ChildHandle, ChildStart,
    ExternalCancelCall, ExternalSignalCall, Lock, NextSignal, Recv, Scoped, Sending, SignalType,
    Spawned, Timer, WaitUntil, WaitUntilTimeout, WorkflowType,
};

/// An operation that only workflow code can await.
#[derive(Debug)]
pub struct WorkflowOnly<D>(PhantomData<fn() -> D>, Infallible);

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "a durable operation is awaited outside workflow code",
    label = "only workflow code can await this: its outcome is recorded in a workflow's history",
    note = "make the function around it a `#[workflow_fn]`, for workflows to await",
    note = "other code starts a workflow, `client.workflow(greet, \"id\").execute(..)`, or runs the body of an activity, `compose::run(..)`"
)]
pub trait AwaitedElsewhere {}

macro_rules! no_futures_elsewhere {
    ($([$($generics:tt)*] $operation:ty => $output:ty;)*) => { $(
        impl<$($generics)*> Future for $operation
        where
            for<'__never> WorkflowOnly<$operation>: AwaitedElsewhere,
        {
            type Output = $output;

            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
                unreachable!("nothing meets the condition of this implementation")
            }
        }
    )* };
}

no_futures_elsewhere! {
    [A: Activity, T] ActivityCall<A, T> => Result<A::Output, ActivityFailure>;
    [A: Activity] ActivityHandle<A> => <Self as Durable>::Output;
    [M: WorkflowType] ChildCall<M> => <Self as Durable>::Output;
    [M: WorkflowType] ChildStart<M> => <Self as Durable>::Output;
    [M: WorkflowType] ChildHandle<M> => <Self as Durable>::Output;
    [S: SignalType] ExternalSignalCall<S> => <Self as Durable>::Output;
    [] ExternalCancelCall => <Self as Durable>::Output;
    [] Timer => <Self as Durable>::Output;
    [F: FnMut() -> bool + Send] WaitUntil<F> => <Self as Durable>::Output;
    [F: FnMut() -> bool + Send] WaitUntilTimeout<F> => <Self as Durable>::Output;
    ['a, A: Args] NextSignal<'a, A> => <Self as Durable>::Output;
    [T: Send] Sending<T> => <Self as Durable>::Output;
    ['a, T: Send] Recv<'a, T> => <Self as Durable>::Output;
    [T: Send] Spawned<T> => <Self as Durable>::Output;
    [] Acquire => <Self as Durable>::Output;
    ['a, T: Send] Lock<'a, T> => <Self as Durable>::Output;
    [D: Durable] Scoped<D> => <Self as Durable>::Output;
    [] Cancellation => <Self as Durable>::Output;
    [D: Durable] Race<D> => <Self as Durable>::Output;
    [D: Durable] Timeout<D> => <Self as Durable>::Output;
    [D: Durable<Output: Send>] JoinAll<D> => <Self as Durable>::Output;
    [D: Durable<Output = Result<T, E>>, T: Send, E: Send] TryJoinAll<D> => <Self as Durable>::Output;
}
