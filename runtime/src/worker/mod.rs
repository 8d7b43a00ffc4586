//! The worker: takes tasks from a task queue, runs workflow and activity code, and answers.
//!
//! This is the shell around `engine`: it polls, keeps runs that may go on (`sticky_cache`), runs activities, sends
//! heartbeats. Nothing here decides what a workflow does.

mod activity_answer;
mod activity_poller;
mod activity_task;
mod deadlock;
mod error;
mod heartbeat;
#[cfg(unix)]
mod isolation;
mod local_activity;
mod measures;
mod options;
mod pace;
mod presence;
mod registry;
#[cfg(feature = "testing")]
mod second_look;
mod shutdown;
mod sticky_cache;
mod unimplemented;
mod workflow_answer;
mod workflow_poller;
mod workflow_task;

pub use error::WorkerError;
#[cfg(unix)]
pub(crate) use isolation::Isolation;
#[cfg(unix)]
pub use isolation::{ActivityProcess, activity_process};
pub use shutdown::RunningWorker;

use std::any::TypeId;
#[cfg(unix)]
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::activity::{ActivityDefinition, Factory, Instance};
use crate::client::Client;
use crate::workflow::{Sinks, WorkflowDefinition};
pub(crate) use options::WorkerOptions;
use pace::Pace;
use registry::Registry;
use sticky_cache::StickyCache;
use unimplemented::Program;

/// Runs the workflows and activities of this program that belong to a task queue.
///
/// It finds every annotated item of the program, those of other crates included. Several workers, of the same or of
/// different queues, may run in one process.
#[must_use = "a worker does nothing unless started"]
pub struct Worker {
    client: Client,
    task_queue: String,
    options: WorkerOptions,
    discover: bool,
    workflows: Vec<WorkflowDefinition>,
    activities: Vec<ActivityDefinition>,
    sinks: Sinks,
    #[cfg(unix)]
    isolation: Isolation,
    /// Names of activities.
    #[cfg(unix)]
    isolated: BTreeSet<String>,
    instances: HashMap<TypeId, Instance>,
    /// Make the values that were not given.
    factories: HashMap<TypeId, Factory>,
    /// Stand in for activities and workflows of the same names.
    #[cfg(feature = "testing")]
    stand_ins: (Vec<ActivityDefinition>, Vec<WorkflowDefinition>),
    /// Whether activities without a value to be called on are left out.
    #[cfg(feature = "testing")]
    lenient: bool,
}

impl Worker {
    /// A worker of a task queue. Set options, then start or run it.
    pub fn new(client: &Client, task_queue: impl Into<String>) -> Self {
        Self {
            client: client.clone(),
            task_queue: task_queue.into(),
            options: WorkerOptions::default(),
            discover: true,
            workflows: Vec::new(),
            activities: Vec::new(),
            sinks: Sinks::default(),
            #[cfg(unix)]
            isolation: Isolation::default(),
            #[cfg(unix)]
            isolated: BTreeSet::new(),
            instances: HashMap::new(),
            factories: HashMap::new(),
            #[cfg(feature = "testing")]
            stand_ins: Default::default(),
            #[cfg(feature = "testing")]
            lenient: false,
        }
    }

    /// Runs these in place of the activities and workflows of their names, and leaves out activities that were
    /// given no value to be called on.
    #[cfg(feature = "testing")]
    pub(crate) fn for_tests(
        mut self,
        activities: Vec<ActivityDefinition>,
        workflows: Vec<WorkflowDefinition>,
    ) -> Self {
        self.stand_ins = (activities, workflows);
        self.lenient = true;
        self
    }

    /// Looks at workflow code as closely as that.
    #[cfg(feature = "testing")]
    pub(crate) fn under_scrutiny(mut self, scrutiny: crate::testing::Scrutiny) -> Self {
        self.options.scrutiny = scrutiny;
        self
    }

    /// The value on which activities of its type are called.
    pub fn activities<T: Send + Sync + 'static>(mut self, instance: T) -> Self {
        self.instances.insert(TypeId::of::<T>(), Arc::new(instance));
        self
    }

    /// The shared value on which activities of its type are called.
    pub fn shared_activities<T: Send + Sync + 'static>(mut self, instance: Arc<T>) -> Self {
        self.instances.insert(TypeId::of::<T>(), instance);
        self
    }

    /// Makes the value on which activities of its type are called, when the worker starts and if it runs one of them.
    pub fn activities_from<T: Send + Sync + 'static>(
        mut self,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        let make: Factory = Arc::new(move || Arc::new(make()));
        self.factories.insert(TypeId::of::<T>(), make);
        self
    }

    /// A value that workflow code may call with [`workflow::sink`](crate::workflow::sink).
    pub fn sink<T: Send + Sync + 'static>(mut self, sink: T) -> Self {
        self.sinks.insert(sink);
        self
    }

    /// Runs an activity in a process of its own, one for each attempt: if it crashes, the attempt fails and the worker goes
    /// on; if it does not stop when it should, or its start-to-close timeout is over, it is killed.
    ///
    /// The process is started from this program, which must call [`activity_process`] first of all in `main`, where it
    /// also gets the values that its activities are called on. Its standard input is the worker's; its output is that of
    /// the worker.
    #[cfg(unix)]
    pub fn isolated<A: crate::Activity>(mut self) -> Self {
        self.isolated.insert(A::NAME.to_owned());
        self
    }

    /// The program of the processes of isolated activities, with its arguments, in place of this program. It too must
    /// call [`activity_process`].
    #[cfg(unix)]
    pub fn isolation_command<S: Into<std::ffi::OsString>>(
        mut self,
        program: impl Into<std::path::PathBuf>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        self.isolation.command = Some((program.into(), args));
        self
    }

    /// How long an isolated activity that should stop has before its process is killed; 5 seconds if not set.
    #[cfg(unix)]
    pub fn isolation_patience(mut self, patience: impl crate::time::IntoDuration) -> Self {
        self.isolation.patience = patience.into_duration();
        self
    }

    /// Does not look for annotated items: only those given by hand run.
    pub fn without_discovery(mut self) -> Self {
        self.discover = false;
        self
    }

    /// Adds a workflow that was defined by hand.
    pub fn workflow(mut self, definition: WorkflowDefinition) -> Self {
        self.workflows.push(definition);
        self
    }

    /// Adds an activity that was defined by hand.
    pub fn activity(mut self, definition: ActivityDefinition) -> Self {
        self.activities.push(definition);
        self
    }

    /// How many runs it keeps in memory, so that they need not be replayed; 0 for none.
    pub fn max_cached_workflows(mut self, runs: usize) -> Self {
        self.options.max_cached_workflows = runs;
        self
    }

    /// How many activities it runs at once.
    pub fn max_concurrent_activities(mut self, activities: usize) -> Self {
        self.options.max_concurrent_activities = activities.max(1);
        self
    }

    /// How many local activities it runs at once.
    pub fn max_concurrent_local_activities(mut self, activities: usize) -> Self {
        self.options.max_concurrent_local_activities = activities.max(1);
        self
    }

    /// How many activities it starts in a second, local ones apart; as many as come, if not set.
    ///
    /// # Panics
    /// If the rate is not positive.
    #[track_caller]
    pub fn max_activities_per_second(mut self, rate: f64) -> Self {
        self.options.activities_per_second = Some(positive(rate));
        self
    }

    /// How many activities all workers of its task queue together start in a second. The server sees to that; if workers
    /// disagree, it takes the rate that it heard last.
    ///
    /// # Panics
    /// If the rate is not positive.
    #[track_caller]
    pub fn max_task_queue_activities_per_second(mut self, rate: f64) -> Self {
        self.options.queue_activities_per_second = Some(positive(rate));
        self
    }

    /// How many workflow tasks it runs at once.
    pub fn max_concurrent_workflow_tasks(mut self, tasks: usize) -> Self {
        self.options.max_concurrent_workflow_tasks = tasks.max(1);
        self
    }

    /// How many polls for workflow tasks it keeps open, on each of its two queues.
    pub fn workflow_pollers(mut self, polls: usize) -> Self {
        self.options.workflow_pollers = polls.max(1);
        self
    }

    /// How many polls for activity tasks it keeps open.
    pub fn activity_pollers(mut self, polls: usize) -> Self {
        self.options.activity_pollers = polls.max(1);
        self
    }

    /// How long activities may go on after a shutdown began, before they are asked to stop.
    pub fn graceful_shutdown(mut self, patience: impl crate::time::IntoDuration) -> Self {
        self.options.graceful_shutdown = patience.into_duration();
        self
    }

    /// How long workflow code may run without coming back before its task is failed as a deadlock; zero for ever.
    pub fn deadlock_timeout(mut self, limit: impl crate::time::IntoDuration) -> Self {
        let limit = limit.into_duration();
        self.options.deadlock_timeout = (!limit.is_zero()).then_some(limit);
        self
    }

    /// How often it tells the server that it is there, for lists of workers in the UI and the CLI; zero for never. Every
    /// minute if not set; servers that do not want to know are not told.
    pub fn heartbeat_interval(mut self, interval: impl crate::time::IntoDuration) -> Self {
        let interval = interval.into_duration();
        self.options.heartbeat_interval = (!interval.is_zero()).then_some(interval);
        self
    }

    /// Starts it in the background.
    ///
    /// # Errors
    /// If what it is to run does not fit together: two entries of one name, an activity without its instance.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(self) -> Result<RunningWorker, WorkerError> {
        let shell = self.into_shell()?;
        Ok(RunningWorker::spawn(shell))
    }

    /// Runs it until SIGINT or SIGTERM, then shuts it down.
    ///
    /// # Errors
    /// As [`Self::start`]; or if it cannot go on, such as when its namespace does not exist.
    pub async fn run(self) -> Result<(), WorkerError> {
        self.start()?.run_until_signal().await
    }

    fn into_shell(self) -> Result<Arc<Shell>, WorkerError> {
        let (mut workflows, mut activities) = (self.workflows, self.activities);
        if self.discover {
            let queue = Some(&self.task_queue);
            let found = crate::registry::workflows().into_iter();
            workflows.extend(found.filter(|it| belongs(it.task_queue.as_ref(), queue)));
            let found = crate::registry::activities().into_iter();
            activities.extend(found.filter(|it| belongs(it.task_queue.as_ref(), queue)));
        }
        registry::make_with(&self.factories, &mut activities);
        #[cfg(unix)]
        {
            activities = isolate(activities, &self.isolated, self.isolation)?;
        }
        #[cfg(feature = "testing")]
        {
            let (instead, instead_of) = self.stand_ins;
            let instances = &self.instances;
            let lenient = self.lenient;
            activities.retain(|it| {
                let callable =
                    it.instance.default.is_some() || instances.contains_key(&it.instance.type_id);
                let mocked = instead.iter().any(|mock| mock.name() == it.name());
                !mocked && (callable || !lenient)
            });
            workflows.retain(|it| !instead_of.iter().any(|mock| mock.name() == it.name()));
            activities.extend(instead);
            workflows.extend(instead_of);
        }
        warn_of_unimplemented(&workflows, &activities, &self.task_queue);
        let registry = Registry::new(workflows, activities, &self.instances)?;
        if !registry.has_workflows() && !registry.has_activities() {
            return Err(WorkerError::Nothing {
                task_queue: self.task_queue,
            });
        }
        self.client.shared.local_workers.add_queue(&self.task_queue);
        let sticky_queue = format!(
            "{}-{}-{}",
            self.client.identity(),
            self.task_queue,
            uuid::Uuid::new_v4().simple()
        );
        let cache = StickyCache::new(self.options.max_cached_workflows);
        Ok(Arc::new(Shell {
            activity_slots: Arc::new(tokio::sync::Semaphore::new(
                self.options.max_concurrent_activities,
            )),
            local_activity_slots: tokio::sync::Semaphore::new(
                self.options.max_concurrent_local_activities,
            ),
            pace: self.options.activities_per_second.map(Pace::per_second),
            stop: tokio::sync::watch::channel(shutdown::Stop::No).0,
            watch: deadlock::Watch::new(),
            tally: presence::Tally::new(),
            open_polls: Default::default(),
            client: self.client,
            task_queue: self.task_queue,
            sticky_queue,
            instance_key: uuid::Uuid::new_v4().to_string(),
            options: self.options,
            registry,
            sinks: self.sinks,
            cache,
        }))
    }
}

/// Moves activities into processes of their own.
#[cfg(unix)]
fn isolate(
    activities: Vec<ActivityDefinition>,
    names: &BTreeSet<String>,
    isolation: Isolation,
) -> Result<Vec<ActivityDefinition>, WorkerError> {
    let isolation = Arc::new(isolation);
    let can_be = isolation.command.is_some() || isolation::is_hooked();
    let isolate = |it: ActivityDefinition| match names.contains(it.name()) {
        false => Ok(it),
        true if can_be => Ok(it.isolated(Arc::clone(&isolation))),
        true => Err(WorkerError::NoActivityProcess {
            activity: it.name().to_owned(),
        }),
    };
    activities.into_iter().map(isolate).collect()
}

/// Says which activities the workflows expect on this queue and nothing in the program implements.
fn warn_of_unimplemented(
    workflows: &[WorkflowDefinition],
    given: &[ActivityDefinition],
    task_queue: &str,
) {
    // Another worker of the process may run what this one does not.
    let mut activities = crate::registry::activities();
    activities.extend(given.iter().cloned());
    let program = Program {
        interfaces: &crate::registry::activity_interfaces(),
        activities: &activities,
        helpers: &crate::registry::helpers(),
        task_queue,
    };
    for missing in workflows.iter().flat_map(|it| program.missing(it)) {
        tracing::warn!("{missing}");
    }
}

#[track_caller]
fn positive(rate: f64) -> f64 {
    assert!(
        rate.is_finite() && rate > 0.0,
        "{rate} activities per second: the rate must be positive; do not set it for as many as come"
    );
    rate
}

fn belongs(wanted: Option<&String>, queue: Option<&String>) -> bool {
    wanted.is_none() || wanted == queue
}

/// What the tasks of one worker share.
pub(crate) struct Shell {
    client: Client,
    task_queue: String,
    sticky_queue: String,
    /// How the server tells this worker from others of the process.
    instance_key: String,
    options: WorkerOptions,
    registry: Registry,
    sinks: Sinks,
    cache: StickyCache,
    activity_slots: Arc<tokio::sync::Semaphore>,
    local_activity_slots: tokio::sync::Semaphore,
    pace: Option<Pace>,
    stop: tokio::sync::watch::Sender<shutdown::Stop>,
    watch: deadlock::Watch,
    tally: presence::Tally,
    open_polls: measures::OpenPolls,
}

impl Shell {
    /// Whether a shutdown has begun, so that runs had better go on elsewhere.
    fn is_stopping(&self) -> bool {
        *self.stop.borrow() != shutdown::Stop::No
    }

    fn is_sticky(&self) -> bool {
        self.options.max_cached_workflows > 0
    }
}
