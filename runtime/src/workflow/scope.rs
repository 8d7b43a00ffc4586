//! Cancellation.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::durable::{Durable, Seal};
use crate::engine::context;
use crate::engine::run::ScopeId;

/// A group of operations that can be cancelled together; Temporal's `CancellationScope`.
///
/// A scope is cancelled with the scope that it was made in, so all are when the workflow is; a detached one only by
/// itself. What is awaited in a cancelled scope yields its error for cancellation, at once.
///
/// ```no_run
/// use mainspring::prelude::*;
/// use mainspring::workflow::CancellationScope;
///
/// #[activity(start_to_close = "1 day")]
/// async fn book() -> Result<(), ActivityError> {
///     Ok(())
/// }
///
/// #[workflow]
/// async fn book_within_an_hour() -> Result<bool> {
///     let scope = CancellationScope::new();
///     select! {
///         booked = scope.run(async { book().await }) => Ok(booked.is_ok()),
///         _ = workflow::sleep("1h") => {
///             scope.cancel();
///             Ok(false)
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CancellationScope {
    id: ScopeId,
}

impl Default for CancellationScope {
    fn default() -> Self {
        Self::new()
    }
}

impl CancellationScope {
    /// A scope within the present one.
    ///
    /// # Panics
    /// Outside workflow code.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            id: context::with("CancellationScope::new", |run| run.new_scope()),
        }
    }

    /// A scope of its own: for what must be done although the workflow is cancelled.
    ///
    /// # Panics
    /// Outside workflow code.
    #[track_caller]
    pub fn detached() -> Self {
        Self {
            id: context::with("CancellationScope::detached", |run| {
                run.new_detached_scope()
            }),
        }
    }

    /// Runs an operation in this scope.
    pub fn run<D>(&self, operation: D) -> Scoped<D> {
        Scoped {
            scope: self.id,
            operation,
        }
    }

    /// Cancels what runs in it, and whatever will.
    ///
    /// # Panics
    /// Outside workflow code, and in a query or a validator.
    pub fn cancel(&self) {
        context::with("CancellationScope::cancel", |run| {
            run.assert_may_command("CancellationScope::cancel");
            run.cancel_scope(self.id);
        });
    }

    /// Whether it is cancelled.
    pub fn is_cancelled(&self) -> bool {
        context::with("CancellationScope::is_cancelled", |run| {
            run.is_cancelled(self.id)
        })
    }
}

/// Runs an operation in a scope of its own, so that nothing cancels it: for clean-up.
///
/// # Panics
/// Outside workflow code.
#[track_caller]
pub fn detached<D>(operation: D) -> Scoped<D> {
    CancellationScope::detached().run(operation)
}

/// Waits until the present scope, or the workflow, is cancelled.
///
/// # Panics
/// Outside workflow code, when awaited.
pub fn cancelled() -> Cancellation {
    Cancellation
}

/// Whether the present scope, or the workflow, is cancelled.
///
/// # Panics
/// Outside workflow code.
pub fn is_cancelled() -> bool {
    context::with("workflow::is_cancelled", |run| {
        run.is_cancelled(run.scope())
    })
}

/// The reason that was given for the cancellation of the workflow; empty if there was none.
///
/// # Panics
/// Outside workflow code.
pub fn cancel_reason() -> String {
    context::with("workflow::cancel_reason", |run| {
        run.cancel_reason().to_owned()
    })
}

/// An operation in a scope.
#[must_use = "durable operations do nothing unless awaited"]
pub struct Scoped<D> {
    scope: ScopeId,
    operation: D,
}

#[diagnostic::do_not_recommend]
impl<D: Durable> Durable for Scoped<D> {
    type Output = D::Output;
    type Fut = ScopedFuture<D::Fut>;

    fn into_fut(self, _: Seal) -> Self::Fut {
        let Self { scope, operation } = self;
        ScopedFuture {
            scope,
            future: Box::pin(in_scope(scope, || operation.into_fut(Seal::new()))),
        }
    }
}

/// The future of an operation in a scope.
pub struct ScopedFuture<F> {
    scope: ScopeId,
    future: Pin<Box<F>>,
}

impl<F> ScopedFuture<F> {
    pub(super) fn new(scope: ScopeId, future: F) -> Self {
        Self {
            scope,
            future: Box::pin(future),
        }
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        in_scope(self.scope, || self.future.as_mut().poll(cx))
    }
}

/// Runs code with a scope as the present one.
fn in_scope<T>(scope: ScopeId, code: impl FnOnce() -> T) -> T {
    /// Goes back even if the code panics, since handlers of a run that is being torn down may still look.
    struct Back(ScopeId);
    impl Drop for Back {
        fn drop(&mut self) {
            context::try_with(|run| run.enter_scope(self.0));
        }
    }
    let _back = Back(context::with("a cancellation scope", |run| {
        run.enter_scope(scope)
    }));
    code()
}

/// Waits for a cancellation.
#[must_use = "a cancellation is not waited for unless awaited"]
#[derive(Debug)]
pub struct Cancellation;

#[diagnostic::do_not_recommend]
impl Durable for Cancellation {
    type Output = ();
    type Fut = CancellationFuture;

    fn into_fut(self, _: Seal) -> Self::Fut {
        CancellationFuture {
            scope: context::with("workflow::cancelled", |run| run.scope()),
        }
    }
}

/// The future of a cancellation.
#[derive(Debug)]
pub struct CancellationFuture {
    scope: ScopeId,
}

impl Future for CancellationFuture {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        context::with("workflow::cancelled", |run| run.poll_cancelled(self.scope))
    }
}
