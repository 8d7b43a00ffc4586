//! What leaves a run once its transition is durable.

use std::sync::Arc;

use mainspring_proto::common::v1::Priority;
use tokio::sync::Notify;

use crate::{
    history::{
        decide::start_workflow_task::Unstick,
        ids::RunKey,
        task::{Task, UpdateNotice},
    },
    matching::{PriorityKey, TaskQueueKey, TaskQueueType},
};

use super::{RunSelector, Shard, TaskRef, chain::Run};

/// One effect, ready to be performed without looking at the run again.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Offer a task to a queue.
    Dispatch {
        queue: TaskQueueKey,
        sticky: bool,
        task: TaskRef,
        priority: PriorityKey,
    },
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
                Effect::Dispatch {
                    queue,
                    sticky,
                    task,
                    priority,
                } => self.dispatch(queue, sticky, task, priority),
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

    fn dispatch(
        self: &Arc<Self>,
        queue: TaskQueueKey,
        sticky: bool,
        task: TaskRef,
        priority: PriorityKey,
    ) {
        if !sticky {
            self.matching.add(&queue, task, priority);
            return;
        }
        let Err(task) = self.matching.add_sticky(&queue, task, priority) else {
            return;
        };
        // The worker with the cache is gone.
        self.spawn_unstick(task);
    }

    /// Moves a run's task from the sticky to the normal queue.
    pub(crate) fn spawn_unstick(self: &Arc<Self>, task: TaskRef) {
        let TaskRef::Workflow { run, .. } = task else {
            return;
        };
        let shard = Arc::clone(self);
        self.spawn(async move {
            // If the run is gone, so is its task.
            let selector = RunSelector::run(&run.run_id);
            let _ = shard.update(&run.workflow, selector, Unstick).await;
        });
    }
}

fn effect_of(run: &mut Run, task: Task) -> Option<Effect> {
    let state = &run.state;
    let namespace_id = Arc::clone(&state.run.workflow.namespace_id);
    match task {
        Task::DispatchWorkflowTask => {
            let task = state
                .workflow_task
                .as_ref()
                .filter(|task| !task.is_started())?;
            Some(Effect::Dispatch {
                queue: TaskQueueKey {
                    namespace_id,
                    name: Arc::clone(&task.queue),
                    queue_type: TaskQueueType::Workflow,
                },
                sticky: task.sticky,
                task: TaskRef::Workflow {
                    run: state.run.clone(),
                    scheduled_event_id: task.scheduled_event_id,
                    attempt: task.attempt,
                },
                priority: priority_of(&state.started.priority),
            })
        }
        Task::DispatchActivity(id) => {
            let activity = state
                .activities
                .get(&id)
                .filter(|activity| activity.is_queued())?;
            Some(Effect::Dispatch {
                queue: TaskQueueKey {
                    namespace_id,
                    name: activity.task_queue().into(),
                    queue_type: TaskQueueType::Activity,
                },
                sticky: false,
                task: TaskRef::Activity {
                    run: state.run.clone(),
                    scheduled_event_id: id,
                    stamp: activity.stamp,
                },
                priority: priority_of(&state.priority_of(activity)),
            })
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

/// The key by which a queue orders its tasks.
pub(crate) fn priority_of(priority: &Option<Priority>) -> PriorityKey {
    let key = priority
        .as_ref()
        .map_or(0, |priority| priority.priority_key);
    PriorityKey::from_proto(key)
}
