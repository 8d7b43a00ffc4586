//! Tasks on their way to workers: to a queue, once what made them is durable, or in the very commit that
//! made them to a worker who waits already. That saves the task a commit of its own.

use std::sync::Arc;

use mainspring_proto::common::v1::Priority;

use crate::{
    frontend::{activity_task, versions, workflow_task::OutgoingTask},
    history::{
        decide::{
            activity::StartActivityTask,
            start_workflow_task::{StartWorkflowTask, Unstick},
            workflow_task::StartedWorkflowTask,
        },
        ids::EventId,
        state::MutableState,
        task::Task,
        transition::{Request, Transition, decide},
        worker::Worker,
    },
    matching::{PriorityKey, Promise, TaskQueueKey, TaskQueueType},
};

use super::{RunSelector, Shard, TaskRef, chain::Run, effects::Effect};

/// A task to be offered to a queue.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) queue: TaskQueueKey,
    pub(crate) sticky: bool,
    pub(crate) task: TaskRef,
    pub(crate) priority: PriorityKey,
}

impl Dispatch {
    /// What a run has to offer, if it still does.
    pub(super) fn of(state: &MutableState, task: &Task) -> Option<Self> {
        let queue = |name, queue_type| TaskQueueKey {
            namespace_id: Arc::clone(&state.run.workflow.namespace_id),
            name,
            queue_type,
        };
        let run = || state.run.clone();
        match task {
            Task::DispatchWorkflowTask => {
                let task = state.workflow_task.as_ref();
                let task = task.filter(|task| !task.is_started())?;
                Some(Self {
                    queue: queue(Arc::clone(&task.queue), TaskQueueType::Workflow),
                    sticky: task.sticky,
                    task: TaskRef::Workflow {
                        run: run(),
                        scheduled_event_id: task.scheduled_event_id,
                        attempt: task.attempt,
                    },
                    priority: priority_of(&state.started.priority),
                })
            }
            Task::DispatchActivity(id) => {
                let activity = state.activities.get(id);
                let activity = activity.filter(|activity| activity.is_queued())?;
                Some(Self {
                    queue: queue(activity.task_queue().into(), TaskQueueType::Activity),
                    sticky: false,
                    task: TaskRef::Activity {
                        run: run(),
                        scheduled_event_id: *id,
                        stamp: activity.stamp,
                    },
                    priority: priority_of(&state.priority_of(activity)),
                })
            }
            _ => None,
        }
    }
}

/// The key by which a queue orders its tasks.
pub(crate) fn priority_of(priority: &Option<Priority>) -> PriorityKey {
    let key = priority
        .as_ref()
        .map_or(0, |priority| priority.priority_key);
    PriorityKey::from_proto(key)
}

/// A task for which a worker waited.
pub(super) struct Promised {
    promise: Promise<TaskRef>,
    started: Option<Started>,
}

/// What was started.
enum Started {
    Workflow {
        task: StartedWorkflowTask,
        cached: bool,
    },
    Activity(EventId),
}

impl Promised {
    /// What the worker gets once the commit is durable: the task, or word of it if it could not be started.
    pub(super) fn effect(self, run: &Run, namespace: &str) -> Effect {
        let task = match self.started {
            Some(Started::Workflow { task, cached }) => {
                let task = OutgoingTask::of(run, task, cached);
                Some(TaskRef::StartedWorkflow(Box::new(task)))
            }
            Some(Started::Activity(id)) => activity_task::outgoing(run, id, namespace)
                .map(|task| TaskRef::StartedActivity(Box::new(task))),
            None => None,
        };
        Effect::Keep(self.promise, task)
    }
}

impl Shard {
    /// Takes the tasks for workers out of a transition, and starts those for which one waits. What else
    /// there is to offer is added to the effects.
    pub(super) fn start_at_once(
        &self,
        transition: &mut Transition<()>,
        effects: &mut Vec<Effect>,
    ) -> Vec<Promised> {
        let mut promised = Vec::new();
        for task in std::mem::take(&mut transition.tasks) {
            let Some(dispatch) = Dispatch::of(&transition.state, &task) else {
                transition.tasks.push(task);
                continue;
            };
            let Dispatch {
                queue,
                sticky,
                task: offered,
                priority,
            } = dispatch;
            match self.matching.promise(&queue, offered, priority) {
                Ok(promise) => {
                    let started = self.start_task(transition, &task, &promise, sticky);
                    promised.push(Promised { promise, started });
                }
                Err(task) => effects.push(Effect::Dispatch(Dispatch {
                    queue,
                    sticky,
                    task,
                    priority,
                })),
            }
        }
        promised
    }

    fn start_task(
        &self,
        transition: &mut Transition<()>,
        task: &Task,
        promise: &Promise<TaskRef>,
        cached: bool,
    ) -> Option<Started> {
        let state = &transition.state;
        if let Task::DispatchActivity(id) = task {
            let start = StartActivityTask {
                scheduled_event_id: *id,
                stamp: state.activities.get(id)?.stamp,
                identity: promise.identity().to_owned(),
            };
            self.decide_then(transition, start)?;
            return Some(Started::Activity(*id));
        }
        let pending = state.workflow_task.as_ref()?;
        let start = StartWorkflowTask {
            scheduled_event_id: pending.scheduled_event_id,
            attempt: pending.attempt,
            worker: Worker {
                identity: promise.identity().to_owned(),
                version: versions::stamp(promise.version()),
            },
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        let task = self.decide_then(transition, start)?;
        Some(Started::Workflow { task, cached })
    }

    /// Decides a request on what a transition makes of its run, and adds that to the transition.
    fn decide_then<R: Request>(
        &self,
        transition: &mut Transition<()>,
        request: R,
    ) -> Option<R::Reply> {
        let namespace = self.namespace(&transition.state.run.workflow.namespace_id);
        let next = self.with_cx(&namespace, |cx| decide(&transition.state, request, cx));
        next.ok().map(|next| transition.then(next))
    }

    /// Offers a task to its queue.
    pub(super) fn dispatch(self: &Arc<Self>, dispatch: Dispatch) {
        let Dispatch {
            queue,
            sticky,
            task,
            priority,
        } = dispatch;
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

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
