//! What leaves a run once its transition is durable.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{
    history::{
        ids::RunKey,
        task::{Task, UpdateNotice},
    },
    matching::Promise,
};

use super::{Shard, TaskRef, chain::Run, dispatch::Dispatch};

/// One effect, ready to be performed without looking at the run again.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Offer a task to a queue.
    Dispatch(Dispatch),
    /// Hand a worker the task that was promised to it, or what it has become.
    Keep(Promise<TaskRef>, Option<TaskRef>),
    /// Do something to another run.
    Cross { run: RunKey, task: Task },
    /// Wake those who wait for events.
    Changed(Arc<Notify>),
    /// The run is over, and need not stay in memory for long.
    Closed(RunKey),
    /// Tell those who wait for an update.
    Update(
        tokio::sync::watch::Sender<Option<crate::history::task::UpdateNews>>,
        crate::history::task::UpdateNews,
    ),
}

impl Shard {
    /// Turns the tasks of a transition into effects, while the run is locked.
    pub(crate) fn effects_of(&self, run: &mut Run, tasks: Vec<Task>) -> Vec<Effect> {
        let effects = tasks.into_iter().filter_map(|task| effect_of(run, task));
        effects.collect()
    }

    /// Performs effects. Takes no lock of a run.
    pub(crate) fn perform(self: &Arc<Self>, effects: Vec<Effect>) {
        // A store may call from a thread of its own, and queues start timers.
        let _runtime = self.runtime.enter();
        for effect in effects {
            match effect {
                Effect::Dispatch(dispatch) => self.dispatch(dispatch),
                Effect::Keep(promise, None) => promise.keep(),
                Effect::Keep(promise, Some(task)) => promise.keep_as(task),
                Effect::Cross { run, task } => {
                    let shard = Arc::clone(self);
                    self.spawn(async move { shard.cross_run(run, task).await });
                }
                Effect::Changed(changed) => changed.notify_waiters(),
                Effect::Closed(run) => self.cache.closed(run),
                Effect::Update(sender, news) => {
                    sender.send_replace(Some(news));
                }
            }
        }
    }
}

fn effect_of(run: &mut Run, task: Task) -> Option<Effect> {
    let state = &run.state;
    match task {
        Task::DispatchWorkflowTask | Task::DispatchActivity(_) => {
            Dispatch::of(state, &task).map(Effect::Dispatch)
        }
        // Done in the commit itself.
        Task::Visibility => None,
        Task::Update(UpdateNotice { update_id, news }) => {
            use crate::history::task::UpdateNews;
            let sender = match news {
                UpdateNews::Accepted => run.updates.get(&update_id).cloned(),
                _ => run.updates.remove(&update_id),
            };
            sender.map(|sender| Effect::Update(sender, news))
        }
        task => Some(Effect::Cross {
            run: state.run.clone(),
            task,
        }),
    }
}
