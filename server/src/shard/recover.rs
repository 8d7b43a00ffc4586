//! What a server does with what its store has, before it takes requests.
//!
//! Runs are read back through the same `apply` that moves them; tasks, timers and visibility follow
//! from them.

use std::sync::Arc;

use mainspring_proto::workflow::v1::WorkflowExecutionInfo;
use prost::Message;

use crate::{
    history::{ids::RunKey, task::pending_tasks},
    persistence::StoreError,
};

use super::{Refusal, Shard};

impl Shard {
    /// Shows what was shown before, and takes up every run that has something to do.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub(crate) fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        // Time does not jump to what one run is owed before all are there.
        let _at_work = self.clock.hold();
        let mut unreadable = None;
        self.store.visibility(&mut |namespace_id, info| {
            match WorkflowExecutionInfo::decode(info) {
                // Runs of a namespace that is gone are on their way out.
                Ok(info) => {
                    if let Ok(namespace) = self.namespaces.by_id(&namespace_id) {
                        let attributes = &namespace.search_attributes;
                        self.visibility.upsert(&namespace_id, info, attributes);
                    }
                }
                Err(error) => unreadable = Some(StoreError::Corrupt(error.to_string())),
            }
        })?;
        if let Some(error) = unreadable {
            return Err(error);
        }
        for run in self.store.active_runs()? {
            if self.namespaces.by_id(&run.workflow.namespace_id).is_err() {
                continue;
            }
            self.take_up(&run)?;
        }
        Ok(())
    }

    fn take_up(self: &Arc<Self>, key: &RunKey) -> Result<(), StoreError> {
        let handle = self.workflow(&key.workflow);
        let mut chain = handle.lock();
        let run = match chain.run(&*self.store, &key.run_id) {
            Ok(run) => run,
            Err(Refusal::Store(error)) => return Err(error),
            Err(Refusal::Rejected(_)) => {
                return Err(StoreError::Corrupt(format!(
                    "run {} of workflow {} is active, and has no records",
                    key.run_id, key.workflow.workflow_id
                )));
            }
        };
        let tasks = pending_tasks(&run.state);
        let effects = self.effects_of(run, tasks);
        self.set_timer(run);
        drop(chain);
        self.perform(effects);
        Ok(())
    }
}
