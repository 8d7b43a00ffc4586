//! Whether a transition is durable yet.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::persistence::StoreError;

/// One commit under way. Commits become durable in order, so whoever has waited for the last one of
/// a run has waited for all before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticket(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    result: OnceLock<Result<(), StoreError>>,
    done: Notify,
}

impl Ticket {
    /// The commit is durable, or failed.
    pub(crate) fn resolve(&self, result: Result<(), StoreError>) {
        let _ = self.0.result.set(result);
        self.0.done.notify_waiters();
    }

    /// Waits until the commit is durable.
    ///
    /// # Errors
    /// When it never will be.
    pub(crate) async fn durable(&self) -> Result<(), StoreError> {
        loop {
            // Registered before the check, so that no wake-up is missed.
            let done = self.0.done.notified();
            if let Some(result) = self.0.result.get() {
                return result.clone();
            }
            done.await;
        }
    }

    /// Whether the commit is durable already.
    pub(crate) fn is_durable(&self) -> bool {
        matches!(self.0.result.get(), Some(Ok(())))
    }
}
