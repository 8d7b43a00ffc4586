//! Mutexes and semaphores between pieces of one workflow's code, fair in the order of asking.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdGuard, PoisonError};
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};
use crate::engine::context;

/// A number of permits.
#[derive(Clone, Debug)]
pub struct Semaphore(Arc<StdMutex<Permits>>);

#[derive(Debug)]
struct Permits {
    free: usize,
    /// Who waits, in the order of asking, and for how many.
    waiting: VecDeque<(u64, usize)>,
    next_ticket: u64,
}

impl Semaphore {
    /// With this many permits.
    pub fn new(permits: usize) -> Self {
        Self(Arc::new(StdMutex::new(Permits {
            free: permits,
            waiting: VecDeque::new(),
            next_ticket: 0,
        })))
    }

    /// Waits for one permit.
    pub fn acquire(&self) -> Acquire {
        self.acquire_many(1)
    }

    /// Waits for several permits at once.
    pub fn acquire_many(&self, permits: usize) -> Acquire {
        Acquire {
            semaphore: self.clone(),
            permits,
        }
    }

    /// How many permits are free.
    pub fn available(&self) -> usize {
        self.lock().free
    }

    // It never waits: one thread at a time polls a run.
    fn lock(&self) -> StdGuard<'_, Permits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wish for permits.
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct Acquire {
    semaphore: Semaphore,
    permits: usize,
}

#[diagnostic::do_not_recommend]
impl Durable for Acquire {
    type Output = Permit;
    type Fut = AcquireFuture;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let mut permits = self.semaphore.lock();
        let ticket = permits.next_ticket;
        permits.next_ticket += 1;
        permits.waiting.push_back((ticket, self.permits));
        drop(permits);
        AcquireFuture {
            semaphore: self.semaphore,
            ticket: Some(ticket),
        }
    }
}

/// Waits for permits.
#[derive(Debug)]
pub struct AcquireFuture {
    semaphore: Semaphore,
    ticket: Option<u64>,
}

impl Future for AcquireFuture {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Permit> {
        let mut permits = self.semaphore.lock();
        let Some(&(first, wanted)) = permits.waiting.front() else {
            return Poll::Pending;
        };
        if self.ticket != Some(first) || permits.free < wanted {
            return Poll::Pending;
        }
        permits.waiting.pop_front();
        permits.free -= wanted;
        drop(permits);
        self.ticket = None;
        context::with("a semaphore", |run| run.progressed());
        Poll::Ready(Permit {
            semaphore: self.semaphore.clone(),
            permits: wanted,
        })
    }
}

impl Drop for AcquireFuture {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.semaphore.lock().waiting.retain(|it| it.0 != ticket);
        }
    }
}

/// Permits, given back when dropped.
#[must_use = "the permit is given back at once if it is not kept"]
#[derive(Debug)]
pub struct Permit {
    semaphore: Semaphore,
    permits: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.lock().free += self.permits;
        // Whoever waits was perhaps polled before, in this round.
        context::try_with(|run| run.progressed());
    }
}

/// A value that one piece of code at a time may use, across awaits.
#[derive(Debug)]
pub struct Mutex<T> {
    semaphore: Semaphore,
    /// Empty while it is locked: the guard has the value.
    value: StdMutex<Option<T>>,
}

impl<T> Mutex<T> {
    /// With a value.
    pub fn new(value: T) -> Self {
        Self {
            semaphore: Semaphore::new(1),
            value: StdMutex::new(Some(value)),
        }
    }

    /// Waits until nobody else has it.
    pub fn lock(&self) -> Lock<'_, T> {
        Lock { mutex: self }
    }

    fn slot(&self) -> StdGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// A wish for a mutex.
#[must_use = "durable operations do nothing unless awaited"]
#[derive(Debug)]
pub struct Lock<'a, T> {
    mutex: &'a Mutex<T>,
}

#[diagnostic::do_not_recommend]
impl<'a, T: Send> Durable for Lock<'a, T> {
    type Output = MutexGuard<'a, T>;
    type Fut = LockFuture<'a, T>;

    fn into_fut(self, seal: Seal) -> Self::Fut {
        LockFuture {
            mutex: self.mutex,
            permit: self.mutex.semaphore.acquire().into_fut(seal),
        }
    }
}

/// Waits for a mutex.
#[derive(Debug)]
pub struct LockFuture<'a, T> {
    mutex: &'a Mutex<T>,
    permit: AcquireFuture,
}

impl<'a, T> Future for LockFuture<'a, T> {
    type Output = MutexGuard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.permit)
            .poll(cx)
            .map(|permit| MutexGuard {
                value: self.mutex.slot().take(),
                mutex: self.mutex,
                _permit: permit,
            })
    }
}

/// The value of a mutex, until dropped.
#[must_use = "the mutex is free again if the guard is not kept"]
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    value: Option<T>,
    mutex: &'a Mutex<T>,
    _permit: Permit,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("only `drop` takes the value")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("only `drop` takes the value")
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        *self.mutex.slot() = self.value.take();
    }
}
