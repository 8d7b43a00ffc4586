//! The worker of a test environment.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Scrutiny, Setup, Suspicions};
use crate::activity::{Activity, ActivityDefinition};
use crate::client::Client;
use crate::registry;
use crate::worker::{RunningWorker, Worker, WorkerError};
use crate::workflow::WorkflowDefinition;

/// The queue of the worker that an environment starts by itself.
pub(super) const TASK_QUEUE: &str = "test";

type Prepare = Box<dyn Fn(Worker) -> Worker + Send>;

/// What an environment's own worker is made of, and the worker once it runs.
#[derive(Default)]
pub(super) struct Bench {
    setup: Setup,
    suspicions: Suspicions,
    prepare: Vec<Prepare>,
    activities: Vec<ActivityDefinition>,
    workflows: Vec<WorkflowDefinition>,
    /// Queues beside its own.
    queues: BTreeSet<String>,
    worker: Option<Bound>,
    /// How many workers there have been.
    started: u32,
}

/// A worker, of one queue or more, on a runtime of its own, so that it can be killed with all that it runs.
pub(super) struct Bound {
    pub(super) workers: Vec<RunningWorker>,
    pub(super) runtime: OwnRuntime,
    /// By what the server knows it.
    pub(super) identity: String,
}

pub(super) struct OwnRuntime(Option<tokio::runtime::Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // It may be dropped by an asynchronous test, which must not wait.
            runtime.shutdown_background();
        }
    }
}

impl Bench {
    pub(super) fn of(setup: Setup, suspicions: Suspicions) -> Self {
        Self {
            setup,
            suspicions,
            queues: named_queues(),
            ..Self::default()
        }
    }

    pub(super) fn setup(&self) -> Setup {
        self.setup
    }

    pub(super) fn is_running(&self) -> bool {
        self.worker.is_some()
    }

    pub(super) fn take_worker(&mut self) -> Option<Bound> {
        self.worker.take()
    }

    pub(super) fn prepare(&mut self, prepare: impl Fn(Worker) -> Worker + Send + 'static) {
        self.prepare.push(Box::new(prepare));
    }

    /// Puts an activity in the place of the one of its name.
    pub(super) fn stand_in(&mut self, definition: ActivityDefinition) {
        self.activities.retain(|it| it.name() != definition.name());
        self.activities.push(definition);
    }

    /// Puts a workflow in the place of the one of its name.
    pub(super) fn stand_in_workflow(&mut self, definition: WorkflowDefinition) {
        self.workflows.retain(|it| it.name() != definition.name());
        self.workflows.push(definition);
    }

    /// Starts the worker, unless it runs.
    pub(super) fn start_worker(&mut self, client: &Client) -> Result<(), WorkerError> {
        if self.is_running() {
            return Ok(());
        }
        self.started += 1;
        // No two workers of a server have the same.
        let identity = format!("test-worker-{}@{}", self.started, client.namespace());
        let client = client.with_identity(&identity);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("test-worker")
            .enable_all()
            .build()
            .map_err(WorkerError::Signals)?;
        let handle = runtime.handle().clone();
        // Owned from here on: workers that do not start must not drop the runtime inside the test's.
        let runtime = OwnRuntime(Some(runtime));
        let scrutiny = Scrutiny::new(self.setup, self.suspicions.clone());
        let _entered = handle.enter();
        let queues = self.queues.iter().map(String::as_str);
        let workers = queues.chain([TASK_QUEUE]).map(|queue| {
            let mut workflows = self.workflows.clone();
            workflows.push(super::workflow_mock::stand_in());
            let worker = Worker::new(&client, queue)
                .graceful_shutdown("1s")
                .for_tests(self.activities.clone(), workflows)
                .under_scrutiny(scrutiny.clone());
            let worker = self.prepare.iter().fold(worker, |it, prepare| prepare(it));
            worker.start()
        });
        self.worker = Some(Bound {
            workers: workers.collect::<Result<_, _>>()?,
            runtime,
            identity,
        });
        Ok(())
    }

    /// Lets the worker poll the queue that an activity's attribute names: nobody else may, where only its interface is known.
    pub(super) fn queue_of<A: Activity>(&mut self) {
        let queue = A::options().into_settings().task_queue;
        self.queues.extend(queue);
    }

    /// Another queue that the worker polls.
    pub(super) fn task_queue(&mut self, name: String) {
        self.queues.insert(name);
    }

    /// The value on which the worker calls activities of its type.
    pub(super) fn activities<T: Send + Sync + 'static>(&mut self, instance: T) {
        let instance = Arc::new(instance);
        self.prepare(move |worker| worker.shared_activities(Arc::clone(&instance)));
    }
}

/// The queues that attributes name.
fn named_queues() -> BTreeSet<String> {
    let workflows = registry::workflows().into_iter();
    let activities = registry::activities().into_iter();
    let queues = workflows.filter_map(|it| it.task_queue);
    queues
        .chain(activities.filter_map(|it| it.task_queue))
        .collect()
}
