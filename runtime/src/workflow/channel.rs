//! Channels between pieces of one workflow's code.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};
use crate::engine::context;

/// A channel without a limit.
pub fn channel<T: Send>() -> (Sender<T>, Receiver<T>) {
    with_limit(usize::MAX)
}

/// A channel that holds at most this many values; senders wait while it is full.
///
/// # Panics
/// If the limit is zero.
pub fn bounded_channel<T: Send>(limit: usize) -> (Sender<T>, Receiver<T>) {
    assert!(limit > 0, "a channel that holds nothing passes nothing on");
    with_limit(limit)
}

fn with_limit<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Mutex::new(Queue {
        values: VecDeque::new(),
        limit,
        senders: 1,
        receiver: true,
    }));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// The sending half. Clones send to the same receiver.
pub struct Sender<T>(Arc<Mutex<Queue<T>>>);

/// The receiving half.
pub struct Receiver<T>(Arc<Mutex<Queue<T>>>);

/// A value that could not be sent, because nobody receives any more or the channel is full.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotSent<T>(pub T);

struct Queue<T> {
    values: VecDeque<T>,
    limit: usize,
    senders: usize,
    receiver: bool,
}

// The lock never waits: one thread at a time polls a run. It is there so that workflow futures are `Send`.
fn lock<T>(shared: &Mutex<Queue<T>>) -> MutexGuard<'_, Queue<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A channel is no part of a run, and serves tests of plain functions too; where there is a run, it is asked.
fn assert_may_change(item: &str) {
    context::try_with(|run| run.assert_may_command(item));
}

impl<T> Sender<T> {
    /// Sends without waiting.
    ///
    /// # Errors
    /// If nobody receives any more, or the channel is full.
    ///
    /// # Panics
    /// In a query or a validator.
    pub fn try_send(&self, value: T) -> Result<(), NotSent<T>> {
        assert_may_change("Sender::try_send");
        let mut queue = lock(&self.0);
        if !queue.receiver || queue.values.len() >= queue.limit {
            return Err(NotSent(value));
        }
        queue.values.push_back(value);
        Ok(())
    }

    /// Sends, waiting while the channel is full; yields an error if nobody receives any more.
    pub fn send(&self, value: T) -> Sending<T> {
        Sending {
            queue: Arc::clone(&self.0),
            value,
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        lock(&self.0).senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        lock(&self.0).senders -= 1;
    }
}

impl<T> Receiver<T> {
    /// Takes the next value, if there is one.
    ///
    /// # Panics
    /// In a query or a validator.
    pub fn try_recv(&mut self) -> Option<T> {
        assert_may_change("Receiver::try_recv");
        lock(&self.0).values.pop_front()
    }

    /// Waits for the next value; yields `None` once all senders are gone.
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv(self)
    }

    /// How many values wait.
    pub fn len(&self) -> usize {
        lock(&self.0).values.len()
    }

    /// Whether no value waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        lock(&self.0).receiver = false;
    }
}

/// A value on its way into a channel.
#[must_use = "durable operations do nothing unless awaited"]
pub struct Sending<T> {
    queue: Arc<Mutex<Queue<T>>>,
    value: T,
}

#[diagnostic::do_not_recommend]
impl<T: Send> Durable for Sending<T> {
    type Output = Result<(), NotSent<T>>;
    type Fut = SendingFuture<T>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        SendingFuture {
            queue: self.queue,
            value: Some(self.value),
        }
    }
}

/// Waits for room in the channel.
pub struct SendingFuture<T> {
    queue: Arc<Mutex<Queue<T>>>,
    value: Option<T>,
}

// Nothing in it is pinned.
impl<T> Unpin for SendingFuture<T> {}

impl<T> Future for SendingFuture<T> {
    type Output = Result<(), NotSent<T>>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(value) = self.value.take() else {
            return Poll::Pending;
        };
        let mut queue = lock(&self.queue);
        let sent = if !queue.receiver {
            Err(NotSent(value))
        } else if queue.values.len() < queue.limit {
            queue.values.push_back(value);
            Ok(())
        } else {
            drop(queue);
            self.value = Some(value);
            return Poll::Pending;
        };
        context::with("a channel", |run| run.progressed());
        Poll::Ready(sent)
    }
}

/// The next value of a channel.
#[must_use = "durable operations do nothing unless awaited"]
pub struct Recv<'a, T>(&'a mut Receiver<T>);

#[diagnostic::do_not_recommend]
impl<'a, T: Send> Durable for Recv<'a, T> {
    type Output = Option<T>;
    type Fut = RecvFuture<'a, T>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        RecvFuture(self.0)
    }
}

/// Waits for the next value of a channel.
pub struct RecvFuture<'a, T>(&'a mut Receiver<T>);

impl<T> Future for RecvFuture<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut queue = lock(&self.0.0);
        let value = queue.values.pop_front();
        if value.is_none() && queue.senders > 0 {
            return Poll::Pending;
        }
        drop(queue);
        context::with("a channel", |run| run.progressed());
        Poll::Ready(value)
    }
}

impl<T> fmt::Debug for NotSent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotSent(..)")
    }
}

impl<T> fmt::Display for NotSent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody receives from the channel, or it is full")
    }
}

impl<T> std::error::Error for NotSent<T> {}
