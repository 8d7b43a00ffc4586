//! Timers.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::machines::{Seq, TimerRequest};
use crate::error::Cancelled;
use crate::time::IntoDuration;

/// Waits, for seconds or for years, on a timer of the server.
///
/// # Panics
/// If a text is not a duration; outside workflow code.
#[track_caller]
pub fn sleep(duration: impl IntoDuration) -> Timer {
    Timer {
        duration: duration.into_duration(),
        summary: None,
        at: Location::caller(),
    }
}

/// The same as [`sleep`], for code that has something else of that name.
///
/// # Panics
/// As [`sleep`].
#[track_caller]
pub fn timer(duration: impl IntoDuration) -> Timer {
    sleep(duration)
}

/// A timer, not yet started. Awaiting it yields an error if its scope, or the workflow, is cancelled meanwhile.
#[must_use = "a timer does nothing unless awaited"]
pub struct Timer {
    duration: Duration,
    summary: Option<String>,
    at: &'static Location<'static>,
}

impl Timer {
    /// A line that the UI shows beside it.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = Some(text.into());
        self
    }
}

#[diagnostic::do_not_recommend]
impl Durable for Timer {
    type Output = Result<(), Cancelled>;
    type Fut = TimerFuture;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let seq = context::with("a timer", |run| {
            run.start_timer(TimerRequest {
                duration: self.duration,
                summary: self.summary,
                at: self.at,
            })
        });
        TimerFuture { seq, done: false }
    }
}

/// A running timer. Dropped before it fires, as the loser of a `select!` is, it is cancelled.
pub struct TimerFuture {
    seq: Seq,
    done: bool,
}

impl Future for TimerFuture {
    type Output = Result<(), Cancelled>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = context::with("a timer", |run| run.poll_timer(self.seq));
        self.done = polled.is_ready();
        polled
    }
}

impl Drop for TimerFuture {
    fn drop(&mut self) {
        if !self.done {
            context::try_with(|run| run.cancel_timer(self.seq));
        }
    }
}
