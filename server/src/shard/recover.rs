//! What a server does with what its store has, before it takes requests.
//!
//! Runs are read back through the same `apply` that moves them; tasks and timers follow from
//! them.

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    history::{ids::RunKey, task::pending_tasks},
    persistence::StoreError,
};

use super::{Refusal, Shard, hands::HeldTasks};

/// How many threads read back runs at most: the store keeps a connection for each.
const MAX_THREADS: usize = 8;

impl Shard {
    /// Takes up every run that has something to do. What workers have is known if another server was there before
    /// in this process; otherwise they are taken to have whatever was started.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub(crate) fn recover(self: &Arc<Self>, held: Option<&HeldTasks>) -> Result<(), StoreError> {
        // Time does not jump to what one run is owed before all are there.
        let _at_work = self.clocks.hold();
        let runs = self.store.active_runs()?;
        let next = AtomicUsize::new(0);
        // In the order of the runs, so that what has waited for longest is offered first.
        let take_up = || -> Result<(), StoreError> {
            while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                // Runs of a namespace that is gone are on their way out.
                if self.namespaces.by_id(&run.workflow.namespace_id).is_ok() {
                    self.take_up(run, held)?;
                }
            }
            Ok(())
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads.min(MAX_THREADS))
                .map(|_| scope.spawn(take_up))
                .collect();
            let mut result = take_up();
            for helper in helpers {
                let helped = helper.join();
                result = result.and(helped.unwrap_or_else(|panic| resume_unwind(panic)));
            }
            result
        })
    }

    fn take_up(self: &Arc<Self>, key: &RunKey, held: Option<&HeldTasks>) -> Result<(), StoreError> {
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
        if let Some(held) = held {
            run.take_over(held.get(key));
        }
        let tasks = pending_tasks(&run.state);
        let effects = self.effects_of(run, tasks);
        self.set_timer(run);
        drop(chain);
        self.perform(effects);
        Ok(())
    }
}
