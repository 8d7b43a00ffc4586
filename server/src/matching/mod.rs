//! Matching: hands tasks to the workers that poll for them.
//!
//! [`task_queue`] decides, this shell waits and wakes. Matching knows nothing of what a task is:
//! it is generic over it, and the shard gives it small references. Nothing here is stored; on
//! recovery the shard offers again whatever its runs wait for.
//!
//! A task is never lost to a poller that goes away: what [`Matching::poll`] returns is a [`Match`],
//! and a [`Match`] that is dropped instead of [taken](Match::take) puts its task back in its place.
//!
//! A task that will be there in a moment can be [promised](Matching::promise) to a poller that waits,
//! who gets it, or what it has become by then, when the [`Promise`] is kept.

mod meter;
mod pollers;
mod rate_limit;
mod task_queue;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::HashMap;
use mainspring_proto::{
    common::v1::WorkerVersionCapabilities, deployment::v1::WorkerDeploymentOptions,
};
use parking_lot::{Mutex, RwLock};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::sync::CancellationToken;

pub(crate) use pollers::PollerInfo;
pub(crate) use task_queue::{PriorityKey, Stats};

use self::{
    pollers::Pollers,
    task_queue::{Handover, Polled, PollerId, TaskQueue},
};

/// A sticky queue that nobody has polled for this long has lost its worker.
const STICKY_WORKER_ABSENCE: Duration = Duration::from_secs(10);

/// Queues are looked through for idle ones whenever their number has doubled, from here on.
const SWEEP_FROM: usize = 1024;

/// A queue that nobody has used for this long is forgotten; it is made anew when needed.
const QUEUE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// Workers that have said they are stopping are remembered in generations of this many, so that a
/// poll that was on its way when its worker stopped is answered at once.
const STOPPED_WORKERS: usize = 4096;

/// What kind of tasks a queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TaskQueueType {
    Workflow,
    Activity,
}

/// One queue: names are shared between the types, queues are not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TaskQueueKey {
    pub(crate) namespace_id: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) queue_type: TaskQueueType,
}

/// Who polls, and how long it waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct PollOptions {
    /// How long to wait for a task; see [`validate::poll_wait`](crate::frontend::validate).
    pub(crate) wait: Duration,
    /// Who the worker says it is.
    pub(crate) identity: String,
    /// The key that ShutdownWorker names, if the worker has one.
    pub(crate) worker_instance_key: String,
    /// The most tasks per second the queue may hand out, if the worker says so.
    pub(crate) max_tasks_per_second: Option<f64>,
    /// What the worker says of its version, passed through to DescribeTaskQueue.
    pub(crate) deployment_options: Option<WorkerDeploymentOptions>,
    /// The same, as older SDKs say it.
    pub(crate) version: Option<WorkerVersionCapabilities>,
}

/// A task in the hands of a poller. Dropped, it goes back to its queue.
#[derive(Debug)]
pub(crate) struct Match<T: Send + 'static> {
    /// `None` once taken.
    handover: Option<Handover<T>>,
    queue: Arc<Queue<T>>,
    /// How many tasks wait behind this one.
    pub(crate) backlog: usize,
    /// Whether it comes straight from a [`Promise`], rather than from the queue.
    pub(crate) promised: bool,
}

impl<T: Send + 'static> Match<T> {
    /// The task, which stays the queue's until it is taken.
    pub(crate) fn task(&self) -> &T {
        let handover = self.handover.as_ref();
        // `take` consumes the match, so the handover is there as long as the match is.
        &handover
            .expect("a match holds its task until it is taken")
            .task
    }

    /// Takes the task for good. To be called once it is recorded as started, or found stale.
    pub(crate) fn take(mut self) -> T {
        let handover = self.handover.take();
        handover
            .expect("a match holds its task until it is taken")
            .task
    }

    /// Takes what `wanted` finds in the task, for good.
    ///
    /// # Errors
    /// The match as it is, if `wanted` gives the task back.
    pub(crate) fn take_if<W>(mut self, wanted: impl FnOnce(T) -> Result<W, T>) -> Result<W, Self> {
        let handover = self.handover.take();
        let Handover { place, task } = handover.expect("a match holds its task until it is taken");
        wanted(task).map_err(|task| {
            self.handover = Some(Handover { place, task });
            self
        })
    }
}

/// A poller and the task that it will get. Dropped, it puts the task into the queue, and the poller
/// goes without.
#[derive(Debug)]
pub(crate) struct Promise<T: Send + 'static> {
    found: Match<T>,
    poll: ParkedPoll<T>,
}

impl<T: Send + 'static> Promise<T> {
    /// Who the worker says it is.
    pub(crate) fn identity(&self) -> &str {
        &self.poll.identity
    }

    /// What the worker says of its version.
    pub(crate) fn version(&self) -> Option<&WorkerVersionCapabilities> {
        self.poll.version.as_ref()
    }

    /// Hands the task over. A poller that has gone meanwhile leaves it to the next.
    pub(crate) fn keep(self) {
        let _ = self.poll.hand.send(self.found);
    }

    /// Hands over what the task has become.
    pub(crate) fn keep_as(mut self, task: T) {
        if let Some(handover) = &mut self.found.handover {
            handover.task = task;
        }
        self.keep();
    }
}

impl<T: Send + 'static> Drop for Match<T> {
    fn drop(&mut self) {
        if let Some(handover) = self.handover.take() {
            self.queue.put_back(handover);
        }
    }
}

/// Every task queue of the server.
#[derive(Debug)]
pub(crate) struct Matching<T: Send + 'static> {
    queues: RwLock<Queues<T>>,
    stopped_workers: Mutex<StoppedWorkers>,
    started: Instant,
    stopping: CancellationToken,
}

#[derive(Debug)]
struct Queues<T: Send + 'static> {
    by_key: HashMap<TaskQueueKey, Arc<Queue<T>>>,
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct StoppedWorkers {
    current: std::collections::HashSet<String>,
    previous: std::collections::HashSet<String>,
}

impl<T: Send + 'static> Matching<T> {
    /// Without queues. Polls end when `stopping` is cancelled.
    pub(crate) fn new(stopping: CancellationToken) -> Self {
        Self {
            queues: RwLock::new(Queues {
                by_key: HashMap::default(),
                sweep_at: SWEEP_FROM,
            }),
            stopped_workers: Mutex::default(),
            started: Instant::now(),
            stopping,
        }
    }

    /// Offers a task to whoever polls a normal queue.
    pub(crate) fn add(&self, key: &TaskQueueKey, task: T, priority: PriorityKey) {
        self.queue(key).offer(task, priority);
    }

    /// Offers a task to the one worker that polls a sticky queue.
    ///
    /// # Errors
    /// Gives the task back when that worker has not polled for ten seconds: the normal queue is
    /// the place for it then.
    pub(crate) fn add_sticky(
        &self,
        key: &TaskQueueKey,
        task: T,
        priority: PriorityKey,
    ) -> Result<(), T> {
        let Some(queue) = self.existing(key) else {
            return Err(task);
        };
        if !queue.has_poller(STICKY_WORKER_ABSENCE) {
            return Err(task);
        }
        queue.offer(task, priority);
        Ok(())
    }

    /// Promises a task that will be there in a moment to a poller that waits.
    ///
    /// # Errors
    /// Gives the task back when nobody waits who could have it at once.
    pub(crate) fn promise(
        &self,
        key: &TaskQueueKey,
        task: T,
        priority: PriorityKey,
    ) -> Result<Promise<T>, T> {
        match self.existing(key) {
            Some(queue) => queue.promise(task, priority),
            None => Err(task),
        }
    }

    /// Waits for a task. `None` when the wait is over, the worker has said it stops, or the server
    /// stops. Dropping the future cancels the poll.
    pub(crate) async fn poll(&self, key: &TaskQueueKey, options: PollOptions) -> Option<Match<T>> {
        if self.stopping.is_cancelled() || self.is_stopped(&options.worker_instance_key) {
            return None;
        }
        let deadline = Instant::now() + options.wait;
        let queue = self.queue(key);
        let (poll, mut handed) = match queue.poll(options) {
            Started::Matched(found) => return Some(found),
            Started::Parked(poll, handed) => (poll, handed),
        };
        tokio::select! {
            biased;
            found = &mut handed => return found.ok(),
            () = self.stopping.cancelled() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
        if poll.leave() {
            return None;
        }
        // A task was promised, and will come, or was handed over in between.
        handed.await.ok()
    }

    /// A worker stops: its parked polls are answered empty, and so are those still on their way.
    pub(crate) fn stop_worker(&self, namespace_id: &str, worker_instance_key: &str) {
        if worker_instance_key.is_empty() {
            return;
        }
        {
            let mut stopped = self.stopped_workers.lock();
            if stopped.current.len() >= STOPPED_WORKERS {
                stopped.previous = std::mem::take(&mut stopped.current);
            }
            stopped.current.insert(worker_instance_key.to_owned());
        }
        for queue in self.queues_of(namespace_id) {
            queue.end_polls(worker_instance_key);
        }
    }

    /// Gives a sticky queue up: its tasks are returned, to be offered to the normal queue, and no
    /// more are taken until it is polled again.
    #[must_use]
    pub(crate) fn drain_sticky(&self, key: &TaskQueueKey) -> Vec<T> {
        let Some(queue) = self.existing(key) else {
            return Vec::new();
        };
        let mut state = queue.state.lock();
        state.tasks.forget_pollers();
        state.tasks.drain()
    }

    /// Whether somebody polls the queue now, or did within `recently`.
    pub(crate) fn has_poller(&self, key: &TaskQueueKey, recently: Duration) -> bool {
        self.existing(key)
            .is_some_and(|queue| queue.has_poller(recently))
    }

    /// Who polled the queue in the last minutes, latest first.
    pub(crate) fn pollers(&self, key: &TaskQueueKey) -> Vec<PollerInfo> {
        self.existing(key).map_or_else(Vec::new, |queue| {
            let now = queue.now();
            queue.state.lock().pollers.recent(now)
        })
    }

    /// The queue's backlog and rates.
    pub(crate) fn stats(&self, key: &TaskQueueKey) -> Stats {
        self.existing(key).map_or_else(Stats::default, |queue| {
            let now = queue.now();
            queue.state.lock().tasks.stats(now)
        })
    }

    /// The rate limit a worker has set on the queue.
    pub(crate) fn rate(&self, key: &TaskQueueKey) -> Option<f64> {
        self.existing(key)?.state.lock().tasks.rate()
    }

    fn is_stopped(&self, worker_instance_key: &str) -> bool {
        if worker_instance_key.is_empty() {
            return false;
        }
        let stopped = self.stopped_workers.lock();
        stopped.current.contains(worker_instance_key)
            || stopped.previous.contains(worker_instance_key)
    }

    fn existing(&self, key: &TaskQueueKey) -> Option<Arc<Queue<T>>> {
        self.queues.read().by_key.get(key).cloned()
    }

    fn queues_of(&self, namespace_id: &str) -> Vec<Arc<Queue<T>>> {
        let queues = self.queues.read();
        let of_namespace = queues
            .by_key
            .iter()
            .filter(|(key, _)| &*key.namespace_id == namespace_id);
        of_namespace.map(|(_, queue)| Arc::clone(queue)).collect()
    }

    fn queue(&self, key: &TaskQueueKey) -> Arc<Queue<T>> {
        if let Some(queue) = self.existing(key) {
            return queue;
        }
        let mut queues = self.queues.write();
        if queues.by_key.len() >= queues.sweep_at {
            // Whoever holds a queue may be about to use it; the map's own reference is the one.
            queues
                .by_key
                .retain(|_, queue| Arc::strong_count(queue) > 1 || !queue.is_expired());
            queues.sweep_at = (queues.by_key.len() * 2).max(SWEEP_FROM);
        }
        let queue = queues
            .by_key
            .entry(key.clone())
            .or_insert_with(|| Arc::new(Queue::new(self.started)));
        Arc::clone(queue)
    }
}

/// One queue with its waiting polls.
#[derive(Debug)]
struct Queue<T: Send + 'static> {
    state: Mutex<QueueState<T>>,
    started: Instant,
    next_poller: AtomicU64,
}

#[derive(Debug)]
struct QueueState<T: Send + 'static> {
    tasks: TaskQueue<T>,
    parked: HashMap<PollerId, ParkedPoll<T>>,
    pollers: Pollers,
    /// Whether a task waits for the rate limit to call `release`.
    release_pending: bool,
}

#[derive(Debug)]
struct ParkedPoll<T: Send + 'static> {
    hand: oneshot::Sender<Match<T>>,
    worker_instance_key: String,
    identity: String,
    version: Option<WorkerVersionCapabilities>,
}

/// How a poll began.
enum Started<T: Send + 'static> {
    Matched(Match<T>),
    Parked(Parked<T>, oneshot::Receiver<Match<T>>),
}

/// Takes the poll out of its queue when the caller no longer waits.
struct Parked<T: Send + 'static> {
    queue: Arc<Queue<T>>,
    poller: PollerId,
}

impl<T: Send + 'static> Parked<T> {
    /// No task is found for the poll after this. Returns whether none was found before.
    fn leave(&self) -> bool {
        let now = self.queue.now();
        let mut state = self.queue.state.lock();
        state.tasks.cancel(self.poller, now);
        state.parked.remove(&self.poller).is_some()
    }
}

impl<T: Send + 'static> Drop for Parked<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T: Send + 'static> Queue<T> {
    fn new(started: Instant) -> Self {
        Self {
            state: Mutex::new(QueueState {
                tasks: TaskQueue::default(),
                parked: HashMap::default(),
                pollers: Pollers::default(),
                release_pending: false,
            }),
            started,
            next_poller: AtomicU64::new(0),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn has_poller(&self, recently: Duration) -> bool {
        let now = self.now();
        self.state.lock().tasks.has_poller(recently, now)
    }

    fn is_expired(&self) -> bool {
        let now = self.now();
        let state = self.state.lock();
        state.tasks.is_idle() && !state.tasks.has_poller(QUEUE_EXPIRY, now)
    }

    fn offer(self: &Arc<Self>, task: T, priority: PriorityKey) {
        let now = self.now();
        self.hand_over(|tasks| tasks.offer(task, priority, now));
    }

    fn promise(self: &Arc<Self>, task: T, priority: PriorityKey) -> Result<Promise<T>, T> {
        let now = self.now();
        let mut state = self.state.lock();
        let (poller, handover) = state.tasks.offer_now(task, priority, now)?;
        let poll = state.parked.remove(&poller);
        let mut found = self.found(handover, state.tasks.backlog());
        found.promised = true;
        // Whoever is parked in the one is in the other.
        let poll = poll.expect("a parked poll");
        Ok(Promise { found, poll })
    }

    fn found(self: &Arc<Self>, handover: Handover<T>, backlog: usize) -> Match<T> {
        Match {
            handover: Some(handover),
            queue: Arc::clone(self),
            backlog,
            promised: false,
        }
    }

    fn put_back(self: &Arc<Self>, handover: Handover<T>) {
        let now = self.now();
        self.hand_over(|tasks| tasks.put_back(handover, now));
    }

    fn poll(self: &Arc<Self>, options: PollOptions) -> Started<T> {
        let now = self.now();
        let poller = PollerId(self.next_poller.fetch_add(1, Ordering::Relaxed));
        let mut state = self.state.lock();
        if let Some(rate) = options.max_tasks_per_second {
            state.tasks.limit_rate(rate, now);
        }
        let worker_instance_key = options.worker_instance_key.clone();
        let (identity, version) = (options.identity.clone(), options.version.clone());
        state.pollers.seen(options, now);
        let started = match state.tasks.poll(poller, now) {
            Polled::Matched(handover) => {
                let backlog = state.tasks.backlog();
                Started::Matched(self.found(handover, backlog))
            }
            Polled::Parked => {
                let (hand, handed) = oneshot::channel();
                let parked = ParkedPoll {
                    hand,
                    worker_instance_key,
                    identity,
                    version,
                };
                state.parked.insert(poller, parked);
                let queue = Arc::clone(self);
                Started::Parked(Parked { queue, poller }, handed)
            }
        };
        self.schedule_release(&mut state);
        started
    }

    fn end_polls(&self, worker_instance_key: &str) {
        let now = self.now();
        let mut state = self.state.lock();
        let QueueState { tasks, parked, .. } = &mut *state;
        // Dropping the sender ends the wait on the other side.
        parked.retain(|&poller, parked| {
            let stays = parked.worker_instance_key != worker_instance_key;
            if !stays {
                tasks.cancel(poller, now);
            }
            stays
        });
    }

    /// Makes one step of the queue and passes on what leaves it. A poller that turns out to be
    /// gone gives its task back through [`Match`]'s drop, outside the lock.
    fn hand_over(
        self: &Arc<Self>,
        step: impl FnOnce(&mut TaskQueue<T>) -> Option<(PollerId, Handover<T>)>,
    ) {
        let mut state = self.state.lock();
        let leaving = step(&mut state.tasks);
        self.schedule_release(&mut state);
        let Some((poller, handover)) = leaving else {
            return;
        };
        let parked = state.parked.remove(&poller);
        let found = self.found(handover, state.tasks.backlog());
        drop(state);
        if let Some(parked) = parked {
            let _ = parked.hand.send(found);
        }
    }

    /// Sees to it that tasks which the rate limit holds back leave when it lets them.
    fn schedule_release(self: &Arc<Self>, state: &mut QueueState<T>) {
        let Some(at) = state.tasks.next_release() else {
            return;
        };
        if std::mem::replace(&mut state.release_pending, true) {
            return;
        }
        let queue = Arc::downgrade(self);
        let at = self.started + at;
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            if let Some(queue) = queue.upgrade() {
                queue.state.lock().release_pending = false;
                let now = queue.now();
                queue.hand_over(|tasks| tasks.release(now));
            }
        });
    }
}

#[cfg(test)]
mod tests;
