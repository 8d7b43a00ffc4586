//! Tasks that will not be answered, on a server for tests: their worker was killed, or what handed them
//! out was lost on its way. The server finds out by their timeouts, as any server does; but its clock
//! does not wait at the machine's pace for those who are not at work.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    clock::Clock,
    history::{
        ids::{EventId, RunKey},
        state::MutableState,
    },
};

use super::{Shard, chain::Run};

/// Tasks that will not be answered, by their scheduled event and attempt.
pub(crate) type Tasks = BTreeSet<(EventId, i32)>;

/// Those of all runs.
pub(crate) type LostTasks = HashMap<RunKey, Tasks>;

impl Shard {
    /// What is lost, for a server that takes the place of this one.
    pub(crate) fn lost_tasks(&self) -> LostTasks {
        let lost = self.cache.runs().into_iter().filter_map(|key| {
            let handle = self.workflow(&key.workflow);
            let mut chain = handle.lock();
            let lost = std::mem::take(&mut chain.hot(&key.run_id)?.lost);
            (!lost.is_empty()).then_some((key, lost))
        });
        lost.collect()
    }

    /// A worker was killed with all that it had taken.
    pub(crate) fn lose_worker(self: &Arc<Self>, identity: &str) {
        for run in self.cache.runs() {
            self.lose(&run, |state| started(state, |by| by == identity));
        }
    }

    /// A task was lost on its way to a worker.
    pub(crate) fn lose_task(self: &Arc<Self>, run: &RunKey, task: (EventId, i32)) {
        self.lose(run, |_| [task].into());
    }

    fn lose(self: &Arc<Self>, key: &RunKey, which: impl FnOnce(&MutableState) -> Tasks) {
        if let Clock::System = self.clock(&key.workflow) {
            return;
        }
        let handle = self.workflow(&key.workflow);
        let mut chain = handle.lock();
        if let Some(run) = chain.hot(&key.run_id) {
            let lost = which(&run.state);
            run.lost.extend(lost);
            self.set_timer(run);
        }
    }
}

impl Run {
    /// Takes over what the server before knew of the run, which has just been read back. A task of which nothing was stored
    /// is gone, and another one may have its number.
    pub(super) fn take_over(&mut self, lost: &Tasks) {
        let started = started(&self.state, |_| true);
        self.lost.extend(started.intersection(lost));
    }
}

/// The tasks that workers have which `by` accepts.
fn started(state: &MutableState, by: impl Fn(&str) -> bool) -> Tasks {
    let workflow_task = state.workflow_task.as_ref();
    let workflow_task = workflow_task.filter(|it| it.is_started() && by(&it.identity));
    let workflow_task = workflow_task.map(|it| (it.scheduled_event_id, it.attempt));
    let activities = state.activities.values();
    let activities = activities.filter(|it| it.start.as_ref().is_some_and(|it| by(&it.identity)));
    let activities = activities.map(|it| (it.scheduled_event_id(), it.current_attempt()));
    workflow_task.into_iter().chain(activities).collect()
}
