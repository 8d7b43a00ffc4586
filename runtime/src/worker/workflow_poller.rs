//! Polls for workflow tasks.

use std::sync::Arc;

use mainspring_proto::enums::v1::TaskQueueKind;
use mainspring_proto::taskqueue::v1::TaskQueue;
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tonic::Code;

use super::measures::PollKind;
use super::shutdown::{Stop, until_stopped};
use super::{Shell, WorkerError, WorkerOptions};
use crate::client::{Backoff, LocalWorker, Room};

/// How many workflow tasks a worker may take.
///
/// A poll holds a place from its beginning, so that whatever comes can be run at once. The polls of one queue never hold all
/// places, since the other queue would starve: runs that are in memory would wait for the time when any worker may have
/// their tasks.
#[derive(Clone)]
pub(super) struct Slots {
    places: Arc<Semaphore>,
    /// How many there are.
    count: u32,
    /// What the polls of either queue may hold.
    shares: [Arc<Semaphore>; 2],
    /// Less than the places where these are more than tasks may run: two polls need two.
    running: Arc<Semaphore>,
}

/// What a task is run by: the place of its poll.
pub(super) struct Slot {
    place: OwnedSemaphorePermit,
    share: OwnedSemaphorePermit,
}

impl Slots {
    pub(super) fn new(options: &WorkerOptions, is_sticky: bool) -> Self {
        let tasks = options
            .max_concurrent_workflow_tasks
            .min(u32::MAX as usize >> 3);
        let (places, share) = match is_sticky {
            true => (tasks.max(2), tasks.max(2) - 1),
            false => (tasks, tasks),
        };
        Self {
            places: Arc::new(Semaphore::new(places)),
            count: u32::try_from(places).unwrap_or(u32::MAX),
            shares: [share; 2].map(|it| Arc::new(Semaphore::new(it))),
            running: Arc::new(Semaphore::new(tasks)),
        }
    }

    /// Waits for a place to poll a queue with. Never fails: no semaphore is ever closed.
    async fn take(&self, queue: Queue) -> Result<Slot, AcquireError> {
        // The share first: a place must not be held by what waits for something else.
        let share = Arc::clone(&self.shares[queue as usize])
            .acquire_owned()
            .await?;
        let place = Arc::clone(&self.places).acquire_owned().await?;
        Ok(Slot { place, share })
    }

    /// A place for a task that comes without a poll, if there is one.
    fn try_take(&self) -> Option<Slot> {
        let share = Arc::clone(&self.shares[Queue::Normal as usize]).try_acquire_owned();
        let place = Arc::clone(&self.places).try_acquire_owned();
        Some(Slot {
            share: share.ok()?,
            place: place.ok()?,
        })
    }

    /// Waits until nothing holds a place.
    pub(super) async fn all_free(&self) {
        let _ = self.places.acquire_many(self.count).await;
    }
}

/// Which of a worker's two queues for workflow tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Where every worker of the task queue polls.
    Normal,
    /// Where only this worker polls, for runs that it has in memory.
    Sticky,
}

/// Polls until the worker stops; each task runs on its own.
pub(super) async fn poll(
    shell: Arc<Shell>,
    queue: Queue,
    slots: Slots,
    mut stop: watch::Receiver<Stop>,
) -> Result<(), WorkerError> {
    let mut backoff = Backoff::default();
    loop {
        let slot = tokio::select! {
            // First, so that a poll that the server has ended because of the shutdown is the last.
            biased;
            _ = stop.wait_for(|stop| *stop != Stop::No) => return Ok(()),
            slot = slots.take(queue) => slot,
        };
        let Ok(slot) = slot else { return Ok(()) };
        let Some(polled) = until_stopped(poll_once(&shell, queue), &mut stop).await else {
            return Ok(());
        };
        match polled {
            Ok(task) => {
                backoff.reset();
                if task.task_token.is_empty() {
                    shell.count("temporal_workflow_task_queue_poll_empty", &[]);
                    continue;
                }
                shell.count("temporal_workflow_task_queue_poll_succeed", &[]);
                spawn(&shell, &slots, slot, task);
            }
            Err(status) => {
                super::shutdown::check_poll("polls for workflow tasks", &status)?;
                if !matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled) {
                    tracing::warn!(code = ?status.code(), message = status.message(), "a poll for workflow tasks failed");
                    drop(slot);
                    let wait = backoff.next(status.code());
                    let _ = tokio::time::timeout(wait, stop.wait_for(|it| *it != Stop::No)).await;
                }
            }
        }
    }
}

/// Runs a task in the place that was taken for it.
fn spawn(
    shell: &Arc<Shell>,
    slots: &Slots,
    Slot { place, share }: Slot,
    task: service::PollWorkflowTaskQueueResponse,
) {
    let (shell, running) = (Arc::clone(shell), Arc::clone(&slots.running));
    drop(share);
    tokio::spawn(async move {
        let _running = running.acquire_owned().await;
        super::workflow_task::run(&shell, task).await;
        drop(place);
    });
}

/// Takes first tasks from clients of this process that start workflows.
pub(super) struct Door {
    shell: Arc<Shell>,
    slots: Slots,
}

impl Door {
    pub(super) fn of(shell: &Arc<Shell>, slots: &Slots) -> Arc<Self> {
        let (shell, slots) = (Arc::clone(shell), slots.clone());
        Arc::new(Self { shell, slots })
    }
}

impl LocalWorker for Door {
    fn task_queue(&self) -> &str {
        &self.shell.task_queue
    }

    fn room(&self) -> Option<Room> {
        if self.shell.is_stopping() {
            return None;
        }
        let slot = self.slots.try_take()?;
        let (shell, slots) = (Arc::clone(&self.shell), self.slots.clone());
        Some(Box::new(move |task| spawn(&shell, &slots, slot, task)))
    }
}

async fn poll_once(
    shell: &Shell,
    queue: Queue,
) -> Result<service::PollWorkflowTaskQueueResponse, tonic::Status> {
    let task_queue = match queue {
        Queue::Normal => TaskQueue {
            name: shell.task_queue.clone(),
            kind: TaskQueueKind::Normal as i32,
            ..TaskQueue::default()
        },
        Queue::Sticky => TaskQueue {
            name: shell.sticky_queue.clone(),
            kind: TaskQueueKind::Sticky as i32,
            normal_name: shell.task_queue.clone(),
        },
    };
    let _open = shell.open_poll(match queue {
        Queue::Normal => PollKind::Workflow,
        Queue::Sticky => PollKind::StickyWorkflow,
    });
    let request = service::PollWorkflowTaskQueueRequest {
        namespace: shell.client.namespace().to_owned(),
        task_queue: Some(task_queue),
        identity: shell.client.identity().to_owned(),
        worker_instance_key: shell.instance_key.clone(),
        ..Default::default()
    };
    shell.client.shared.poll_once(&request).await
}
