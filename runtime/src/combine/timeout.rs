//! An operation with a deadline.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};
use crate::error::TimedOut;
use crate::time::IntoDuration;
use crate::workflow::{Timer, timer};

/// Waits for an operation, but no longer than this: a timer of the workflow. An operation that is too late is dropped,
/// which cancels it; a timer that is not needed is cancelled too.
pub fn timeout<D>(after: impl IntoDuration, operation: D) -> Timeout<D> {
    Timeout {
        timer: timer(after),
        operation,
    }
}

/// See [`timeout`].
#[must_use = "durable operations do nothing unless awaited"]
pub struct Timeout<D> {
    timer: Timer,
    operation: D,
}

#[diagnostic::do_not_recommend]
impl<D: Durable> Durable for Timeout<D> {
    type Output = Result<D::Output, TimedOut>;
    type Fut = TimeoutFuture<D::Fut>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        TimeoutFuture {
            operation: Box::pin(self.operation.into_fut(Seal::new())),
            timer: Some(Box::pin(self.timer.into_fut(Seal::new()))),
        }
    }
}

/// The future of [`timeout`].
pub struct TimeoutFuture<F> {
    operation: Pin<Box<F>>,
    /// Gone once it was cancelled: then the operation, which is cancelled too, says how it ends.
    timer: Option<Pin<Box<<Timer as Durable>::Fut>>>,
}

impl<F: Future> Future for TimeoutFuture<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(outcome) = self.operation.as_mut().poll(cx) {
            return Poll::Ready(Ok(outcome));
        }
        let Some(timer) = &mut self.timer else {
            return Poll::Pending;
        };
        match timer.as_mut().poll(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Err(TimedOut)),
            Poll::Ready(Err(_)) => {
                self.timer = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
