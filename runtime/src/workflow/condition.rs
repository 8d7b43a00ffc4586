//! Conditions on state.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Timer, TimerFuture};
use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::run::ScopeId;
use crate::error::{Cancelled, TimedOut};
use crate::time::IntoDuration;

/// Waits until a condition on workflow state is true. It is looked at whenever anything happens in the workflow.
///
/// Awaiting it yields an error if its scope, or the workflow, is cancelled meanwhile.
#[track_caller]
pub fn wait_until<F: FnMut() -> bool + Send>(condition: F) -> WaitUntil<F> {
    WaitUntil {
        condition,
        at: Location::caller(),
    }
}

/// A condition to wait for.
#[must_use = "a condition is not waited for unless awaited"]
pub struct WaitUntil<F> {
    condition: F,
    at: &'static Location<'static>,
}

impl<F: FnMut() -> bool + Send> WaitUntil<F> {
    /// Waits no longer than this; awaiting then yields `Ok(Err(TimedOut))`.
    pub fn timeout(self, after: impl IntoDuration) -> WaitUntilTimeout<F> {
        WaitUntilTimeout {
            condition: self,
            timer: super::sleep(after.into_duration()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<F: FnMut() -> bool + Send> Durable for WaitUntil<F> {
    type Output = Result<(), Cancelled>;
    type Fut = WaitUntilFuture<F>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let _ = self.at;
        WaitUntilFuture {
            condition: self.condition,
            scope: context::with("wait_until", |run| run.scope()),
        }
    }
}

/// Waits for a condition.
pub struct WaitUntilFuture<F> {
    condition: F,
    scope: ScopeId,
}

// Nothing in it is pinned: the condition is only called.
impl<F> Unpin for WaitUntilFuture<F> {}

impl<F: FnMut() -> bool> WaitUntilFuture<F> {
    fn poll_condition(&mut self) -> Poll<Result<(), Cancelled>> {
        // The condition is user code that may call what is current, so that nothing of it is borrowed here.
        if (self.condition)() {
            context::with("wait_until", |run| run.progressed());
            return Poll::Ready(Ok(()));
        }
        context::with("wait_until", |run| run.poll_cancelled(self.scope)).map(|()| Err(Cancelled))
    }
}

impl<F: FnMut() -> bool> Future for WaitUntilFuture<F> {
    type Output = Result<(), Cancelled>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_condition()
    }
}

/// A condition to wait for, for a limited time.
#[must_use = "a condition is not waited for unless awaited"]
pub struct WaitUntilTimeout<F> {
    condition: WaitUntil<F>,
    timer: Timer,
}

#[diagnostic::do_not_recommend]
impl<F: FnMut() -> bool + Send> Durable for WaitUntilTimeout<F> {
    type Output = Result<Result<(), TimedOut>, Cancelled>;
    type Fut = WaitUntilTimeoutFuture<F>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let mut condition = self.condition.into_fut(Seal::new());
        // No timer for what is true already.
        let timer = (!(condition.condition)()).then(|| self.timer.into_fut(Seal::new()));
        WaitUntilTimeoutFuture { condition, timer }
    }
}

/// Waits for a condition, for a limited time.
pub struct WaitUntilTimeoutFuture<F> {
    condition: WaitUntilFuture<F>,
    timer: Option<TimerFuture>,
}

impl<F: FnMut() -> bool> Future for WaitUntilTimeoutFuture<F> {
    type Output = Result<Result<(), TimedOut>, Cancelled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(timer) = &mut self.timer else {
            context::with("wait_until", |run| run.progressed());
            return Poll::Ready(Ok(Ok(())));
        };
        let fired = Pin::new(timer).poll(cx);
        // The condition first: what came true in the same task as the time ran out counts as in time.
        if let Poll::Ready(outcome) = self.condition.poll_condition() {
            self.timer = None;
            return Poll::Ready(outcome.map(Ok));
        }
        fired.map(|fired| fired.map(|()| Err(TimedOut)))
    }
}
