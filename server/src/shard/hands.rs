//! In whose hands tasks are, on a server for tests. A task may be lost: its worker was killed, or what handed it out did
//! not arrive. The server finds out by its timeouts, as any server does; but its clock does not wait at the machine's
//! pace for what nobody is at work on.

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

/// Tasks of a run, by their scheduled event and attempt.
pub(crate) type Tasks = BTreeSet<(EventId, i32)>;

/// The tasks that workers have.
pub(crate) type HeldTasks = HashMap<RunKey, Tasks>;

impl Shard {
    /// What workers have, for a server that takes the place of this one.
    pub(crate) fn held_tasks(&self) -> HeldTasks {
        let held = self.cache.runs().into_iter().filter_map(|key| {
            let handle = self.workflow(&key.workflow);
            let mut chain = handle.lock();
            let held = std::mem::take(&mut chain.hot(&key.run_id)?.held);
            (!held.is_empty()).then_some((key, held))
        });
        held.collect()
    }

    /// A worker is given a task.
    pub(crate) fn give_task(self: &Arc<Self>, key: &RunKey, task: (EventId, i32)) {
        self.with_hands(key, |run| {
            let started = started(&run.state, |_| true);
            run.held.retain(|it| started.contains(it));
            run.held.insert(task);
            // One that was lost may be given again.
            run.lost.remove(&task);
        });
    }

    /// A worker was killed with all that it had taken.
    pub(crate) fn lose_worker(self: &Arc<Self>, identity: &str) {
        for key in self.cache.runs() {
            self.with_hands(&key, |run| {
                run.lose(started(&run.state, |by| by == identity))
            });
        }
    }

    /// A task was lost on its way to a worker.
    pub(crate) fn lose_task(self: &Arc<Self>, key: &RunKey, task: (EventId, i32)) {
        self.with_hands(key, |run| run.lose([task].into()));
    }

    fn with_hands(self: &Arc<Self>, key: &RunKey, act: impl FnOnce(&mut Run)) {
        if let Clock::System = self.clock(&key.workflow) {
            return;
        }
        let handle = self.workflow(&key.workflow);
        let mut chain = handle.lock();
        if let Some(run) = chain.hot(&key.run_id) {
            act(run);
            self.set_timer(run);
        }
    }
}

impl Run {
    /// Takes over what workers have of the run, which has just been read back. All else that was started is lost: what
    /// handed it out has gone with the server before.
    pub(super) fn take_over(&mut self, held: Option<&Tasks>) {
        let started = started(&self.state, |_| true);
        // A task of which nothing was stored is gone, and another one may have its number.
        let is_held = |task: &_| held.is_some_and(|held| held.contains(task));
        (self.held, self.lost) = started.into_iter().partition(is_held);
    }

    fn lose(&mut self, tasks: Tasks) {
        self.held.retain(|it| !tasks.contains(it));
        self.lost.extend(tasks);
    }
}

/// The tasks that were started by those whom `by` accepts.
fn started(state: &MutableState, by: impl Fn(&str) -> bool) -> Tasks {
    let workflow_task = state.workflow_task.as_ref();
    let workflow_task = workflow_task.filter(|it| it.is_started() && by(&it.identity));
    let workflow_task = workflow_task.map(|it| (it.scheduled_event_id, it.attempt));
    let activities = state.activities.values();
    let activities = activities.filter(|it| it.start.as_ref().is_some_and(|it| by(&it.identity)));
    let activities = activities.map(|it| (it.scheduled_event_id(), it.current_attempt()));
    workflow_task.into_iter().chain(activities).collect()
}
