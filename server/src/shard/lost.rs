//! Tasks that will not be answered, on a server for tests: their worker was killed, or what handed them
//! out was lost on its way. The server finds out by their timeouts, as any server does; but its clock
//! does not wait at the machine's pace for those who are not at work.

use std::sync::Arc;

use crate::{
    clock::Clock,
    history::{
        ids::{EventId, RunKey},
        state::MutableState,
    },
};

use super::Shard;

impl Shard {
    /// A worker was killed with all that it had taken.
    pub(crate) fn lose_worker(self: &Arc<Self>, identity: &str) {
        for run in self.cache.runs() {
            self.lose(&run, |state| started_by(state, identity));
        }
    }

    /// A task was lost on its way to a worker.
    pub(crate) fn lose_task(self: &Arc<Self>, run: &RunKey, task: (EventId, i32)) {
        self.lose(run, |_| vec![task]);
    }

    fn lose(
        self: &Arc<Self>,
        key: &RunKey,
        which: impl FnOnce(&MutableState) -> Vec<(EventId, i32)>,
    ) {
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

/// The tasks that a worker has, by their scheduled event and attempt.
fn started_by(state: &MutableState, identity: &str) -> Vec<(EventId, i32)> {
    let workflow_task = state.workflow_task.as_ref();
    let workflow_task = workflow_task.filter(|it| it.is_started() && it.identity == identity);
    let workflow_task = workflow_task.map(|it| (it.scheduled_event_id, it.attempt));
    let activities = state.activities.values();
    let activities = activities.filter(|it| {
        let start = it.start.as_ref();
        start.is_some_and(|start| start.identity == identity)
    });
    let activities = activities.map(|it| (it.scheduled_event_id(), it.attempt));
    workflow_task.into_iter().chain(activities).collect()
}
