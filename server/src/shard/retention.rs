//! Deletes closed runs when their namespace's retention has passed, a few at a time.

use std::{sync::Arc, time::Duration};

use crate::{
    history::{ids::RunKey, time::Time},
    namespace::Namespace,
    persistence::StoreError,
};

use super::Shard;

/// How long after its retention a run may still be there.
const INTERVAL: Duration = Duration::from_secs(10);

/// How many runs are deleted in one step of the store, so that commits do not wait long for it.
const STEP: usize = 100;

impl Shard {
    /// Deletes what has expired, again and again.
    pub(super) async fn run_retention(self: Arc<Self>) {
        loop {
            let clock = self.clocks.common();
            clock.passes(clock.now().after(INTERVAL)).await;
            for namespace in self.namespaces.page("", usize::MAX) {
                // What cannot be deleted now is tried again the next time.
                if let Err(error) = self.delete_expired(&namespace).await {
                    tracing::warn!(%error, namespace = namespace.name, "cannot delete expired runs");
                }
            }
        }
    }

    async fn delete_expired(&self, namespace: &Namespace) -> Result<(), StoreError> {
        let now = self.clocks.of(&namespace.id).now();
        let retention = i64::try_from(namespace.retention.as_nanos()).unwrap_or(i64::MAX);
        let before = Time::from_nanos(now.nanos().saturating_sub(retention));
        loop {
            let expired = self
                .store
                .closed_before(&namespace.id, before.nanos(), STEP)?;
            if expired.is_empty() {
                return Ok(());
            }
            let runs: Vec<_> = expired
                .iter()
                .map(|it| {
                    namespace
                        .workflow(&it.workflow_id)
                        .run(Arc::clone(it.run_id()))
                })
                .collect();
            self.delete_runs(&runs).await?;
        }
    }

    /// Deletes closed runs, wherever they are kept.
    ///
    /// # Errors
    /// When the store cannot forget them.
    pub(crate) async fn delete_runs(&self, runs: &[RunKey]) -> Result<(), StoreError> {
        let (done, durable) = tokio::sync::oneshot::channel();
        self.store.delete(
            runs,
            Box::new(move |result| {
                let _ = done.send(result);
            }),
        );
        let result = durable.await;
        // Only now: whoever read in between would have made the run hot again.
        for run in runs {
            self.workflow(&run.workflow).lock().forget(&run.run_id);
            self.forget_if_cold(&run.workflow);
        }
        result.unwrap_or_else(|_| Err(StoreError::Write("the store is closed".into())))
    }

    /// Takes the runs of a namespace that the store has forgotten out of memory, so that none of
    /// them wakes up, or writes again.
    pub(crate) fn forget_namespace(&self, namespace_id: &str) {
        self.cache.forget_sleeping(namespace_id);
        for part in &self.workflows {
            let mut gone = Vec::new();
            part.lock().retain(|key, workflow| {
                let kept = *key.namespace_id != *namespace_id;
                if !kept {
                    gone.push(Arc::clone(workflow));
                }
                kept
            });
            for workflow in gone {
                workflow.lock().forget_all();
            }
        }
    }
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
