//! One operation of a `join!` or `try_join!`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A pinned future and, once it is there, its outcome.
pub struct Slot<'a, F: Future> {
    future: Pin<&'a mut F>,
    outcome: Option<F::Output>,
}

impl<'a, F: Future> Slot<'a, F> {
    /// Not yet polled.
    pub fn new(future: Pin<&'a mut F>) -> Self {
        Self {
            future,
            outcome: None,
        }
    }

    /// Polls it unless it is done; says whether it is.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.outcome.is_none()
            && let Poll::Ready(outcome) = self.future.as_mut().poll(cx)
        {
            self.outcome = Some(outcome);
        }
        self.outcome.is_some()
    }

    /// Its outcome.
    ///
    /// # Panics
    /// If `poll` has not said that it is done.
    pub fn take(&mut self) -> F::Output {
        self.outcome.take().unwrap_or_else(|| {
            unreachable!("an outcome is taken once, after `poll` said that it is there")
        })
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Slot<'_, F> {
    /// Its error, if it is done and failed.
    pub fn take_error(&mut self) -> Option<E> {
        match self.outcome.take() {
            Some(Err(error)) => Some(error),
            other => {
                self.outcome = other;
                None
            }
        }
    }

    /// Its success.
    ///
    /// # Panics
    /// If it is not done, or failed.
    pub fn take_success(&mut self) -> T {
        match self.take() {
            Ok(value) => value,
            Err(_) => unreachable!("an error is taken before any success"),
        }
    }
}

impl<F: Future> fmt::Debug for Slot<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("is_done", &self.outcome.is_some())
            .finish_non_exhaustive()
    }
}
