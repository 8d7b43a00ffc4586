//! Pieces of workflow code that run beside each other.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use super::CancellationScope;
use super::scope::ScopedFuture;
use crate::durable::{Durable, Seal};
use crate::engine::context;

/// Runs an operation beside the rest of the workflow. It ends when the workflow does.
///
/// # Panics
/// Outside workflow code.
#[track_caller]
pub fn spawn<D>(operation: D) -> Spawned<D::Output>
where
    D: Durable + 'static,
    D::Fut: 'static,
    D::Output: Send + 'static,
{
    let scope = CancellationScope::new();
    let slot = Arc::new(Mutex::new(None));
    let future = scope.run(operation).into_fut(Seal::new());
    let outcome = Arc::clone(&slot);
    let body = async move {
        let output = future.await;
        *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
    };
    context::with("workflow::spawn", |run| {
        let within = run.scope();
        run.spawn(Box::pin(ScopedFuture::new(within, body)));
    });
    Spawned { slot, scope }
}

/// An operation that runs beside the rest of the workflow; await it for its outcome. Dropping it lets it run.
pub struct Spawned<T> {
    slot: Arc<Mutex<Option<T>>>,
    scope: CancellationScope,
}

impl<T> Spawned<T> {
    /// Cancels what it waits for.
    pub fn cancel(&self) {
        self.scope.cancel();
    }

    /// Whether awaiting it would yield at once.
    pub fn is_done(&self) -> bool {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.is_some()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> Durable for Spawned<T> {
    type Output = T;
    type Fut = SpawnedFuture<T>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        SpawnedFuture(self.slot)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> Durable for &mut Spawned<T> {
    type Output = T;
    type Fut = SpawnedFuture<T>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        SpawnedFuture(Arc::clone(&self.slot))
    }
}

/// Waits for a spawned operation.
pub struct SpawnedFuture<T>(Arc<Mutex<Option<T>>>);

impl<T> Future for SpawnedFuture<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(outcome) = outcome else {
            return Poll::Pending;
        };
        context::with("a spawned operation", |run| run.progressed());
        Poll::Ready(outcome)
    }
}
