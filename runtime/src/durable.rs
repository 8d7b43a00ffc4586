//! What workflow code may await.
//!
//! The attribute macros turn `x.await` into `x.__durable().await` ([`Gate`]) and `async { .. }` into
//! `durable(async { .. })`. A value that is not [`Durable`] therefore fails to compile where it is awaited, and
//! durable operations, which are no `Future`s themselves, fail to compile where ordinary code awaits them.
//!
//! Invariants:
//! 1. `Durable` is implemented in this crate only: [`Seal`] cannot be named outside it.
//! 2. An operation takes its place in the workflow's order of commands in [`Durable::into_fut`], that is where
//!    `.await`, `join!` or a `start()` is evaluated, never at its first poll.
//! 3. No leaf clones or wakes the waker of its context: the engine reads that as a foreign future.

mod elsewhere;
mod untimed;

pub use elsewhere::{AwaitedElsewhere, WorkflowOnly};

use std::future::{Future, Pending, Ready};
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The right to implement [`Durable`]; only this crate can make one.
#[derive(Debug)]
pub struct Seal(());

impl Seal {
    pub(crate) const fn new() -> Self {
        Self(())
    }
}

/// A value that workflow code may await: its outcome is recorded in the workflow's history, or follows from it.
///
/// Activities, timers, child workflows, conditions on state, the futures of `#[workflow]` methods and of
/// `#[workflow_fn]` helpers, and the combinators over them are durable. The trait is sealed. Use it as a bound:
/// `impl Durable<Output = T>` is to workflow code what `impl Future<Output = T>` is elsewhere.
#[diagnostic::on_unimplemented(
    message = "workflow code cannot await `{Self}`: it is not durable",
    label = "not recorded in history, so replay could not reproduce it",
    note = "await an activity, a timer, a child workflow, `workflow::wait_until(..)` or a `#[workflow_fn]`; do other work in an activity",
    note = "see https://github.com/mainspring-rs/mainspring/blob/main/docs/errors/MS0307.md"
)]
#[must_use = "durable operations do nothing unless awaited"]
pub trait Durable: Send {
    /// What awaiting it yields.
    type Output;
    #[doc(hidden)]
    type Fut: Future<Output = Self::Output> + Send;
    #[doc(hidden)]
    fn into_fut(self, seal: Seal) -> Self::Fut;
}

/// The method behind `.await` in workflow code.
///
/// It exists on every type under a single bound, which is what makes a foreign future exactly one error, with the
/// message of [`Durable`], at the `await` that the user wrote.
pub trait Gate: Sized {
    #[doc(hidden)]
    fn __durable(self) -> Self::Fut
    where
        Self: Durable,
    {
        self.into_fut(Seal::new())
    }

    /// What [`State`](crate::State) has by itself, for all other types: nothing.
    #[doc(hidden)]
    fn __write<A>(&self, access: A) -> &Self {
        let _ = access;
        self
    }
}

impl<T> Gate for T {}

/// The future of a piece of workflow code: an `async` block, a `#[workflow_fn]`, a `#[workflow]` method.
///
/// It is also a plain `Future`, so that it can be pinned, boxed and polled by an executor.
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct Task<F>(F);

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: structural projection to the only field. `Task` has no `Drop`, is not `packed`, is `Unpin` only
        // if `F` is, and nothing moves the field out of a pinned `Task`.
        unsafe { self.map_unchecked_mut(|task| &mut task.0) }.poll(cx)
    }
}

/// Wraps an `async` block of workflow code, whose awaits the macros have gated.
#[doc(hidden)]
pub fn durable<F: Future + Send>(body: F) -> Task<F> {
    Task(body)
}

/// Awaits a future that the compiler cannot see to be durable, on your word.
///
/// The future must give the same result on every replay and must not wait for anything outside the workflow: a pure
/// computation behind an `async` interface, a combinator of another crate over durable tasks. A future that waits
/// for something else fails the workflow task at run time. The reason is for the reader.
pub fn assume_durable<F: Future + Send>(future: F, reason: &'static str) -> Task<F> {
    let _ = reason;
    Task(future)
}

/// An erased durable future: recursion, a `Vec` of unlike branches, a strategy behind `dyn`.
pub type BoxDurable<'a, T> = Task<Pin<Box<dyn Future<Output = T> + Send + 'a>>>;

/// Erases the type of a durable operation; as with any await, it takes its place among the commands here.
pub fn boxed<'a, D>(operation: D) -> BoxDurable<'a, D::Output>
where
    D: Durable,
    D::Fut: 'a,
{
    Task(Box::pin(operation.into_fut(Seal::new())))
}

/// `do_not_recommend` keeps the list of implementors out of every error and names the awaited type whole.
macro_rules! durable_futures {
    ($([$($generics:tt)*] $future:ty),* $(,)?) => { $(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Durable for $future {
            type Output = <$future as Future>::Output;
            type Fut = Self;
            fn into_fut(self, _: Seal) -> Self { self }
        }
    )* };
}

durable_futures! {
    [F: Future + Send] Task<F>,
    [T: Send] Ready<T>,
    [T: Send] Pending<T>,
    ['a, F: Durable + Future + Unpin + ?Sized] &'a mut F,
    [P: DerefMut<Target: Durable + Future> + Send] Pin<P>,
}
