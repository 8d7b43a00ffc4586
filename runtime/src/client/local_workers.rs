//! The workers of this process that were made from a client.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use mainspring_proto::workflowservice::v1::PollWorkflowTaskQueueResponse;

/// A worker that may be given the first task of a workflow by the client that starts it.
pub(crate) trait LocalWorker: Send + Sync {
    fn task_queue(&self) -> &str;

    /// Room for a workflow task, kept until it is dropped or used; none if the worker has its hands full.
    fn room(&self) -> Option<Room>;
}

/// Runs the task that it is given.
pub(crate) type Room = Box<dyn FnOnce(PollWorkflowTaskQueueResponse) + Send>;

#[derive(Default)]
pub(crate) struct LocalWorkers {
    queues: Mutex<BTreeSet<String>>,
    running: Mutex<Vec<Weak<dyn LocalWorker>>>,
}

impl LocalWorkers {
    /// There is, or will be, a worker of this queue.
    pub(crate) fn add_queue(&self, task_queue: &str) {
        lock(&self.queues).insert(task_queue.to_owned());
    }

    /// The queue of the workers, if all have the same one.
    pub(super) fn only_queue(&self) -> Option<String> {
        let queues = lock(&self.queues);
        let mut queues = queues.iter();
        match (queues.next(), queues.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// This one runs, until it is dropped.
    pub(crate) fn add(&self, worker: Weak<dyn LocalWorker>) {
        let mut running = lock(&self.running);
        running.retain(|it| it.strong_count() > 0);
        running.push(worker);
    }

    /// Room at a worker of this queue.
    pub(super) fn room(&self, task_queue: &str) -> Option<Room> {
        let running = lock(&self.running);
        let mut running = running.iter().filter_map(Weak::upgrade);
        running.find_map(|it| (it.task_queue() == task_queue).then(|| it.room())?)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
