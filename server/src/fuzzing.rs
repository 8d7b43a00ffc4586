//! What the targets in `fuzz/` reach into: a server without a network, whose runs can be looked at, whose time
//! stands still unless it is told to pass, and the reader of visibility queries. Compiled for them alone.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::util::BoxCloneSyncService;

use crate::{
    clock::{Clock, Clocks, Hold},
    config::{Config, TimeSkipping},
    frontend::Frontend,
    history::{
        apply::apply,
        change::Change,
        event::is_close,
        ids::RunKey,
        record,
        state::MutableState,
        task::{Task, pending_tasks},
        update::UpdateStage,
        workflow_task::WorkflowTaskKind,
    },
    matching::{TaskQueueKey, TaskQueueType},
    namespace::Namespaces,
    persistence::{Fenced, MemoryStore, Store, Twin},
    server::ensure_namespaces,
    services::Services,
    shard::hands::HeldTasks,
    visibility::query,
};

/// A server that is called without a network.
pub struct Served {
    memory: Arc<MemoryStore>,
    /// Where the same is kept in a file, if it is.
    file: Option<(PathBuf, Arc<Twin>)>,
    fence: Arc<Fenced>,
    clocks: Clocks,
    frontend: Arc<Frontend>,
    config: Config,
    folds: Mutex<BTreeMap<RunKey, Fold>>,
}

/// What answers calls.
pub type Calls = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// What a request that is refused leaves as it is.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    namespaces: Vec<Bytes>,
    current: BTreeMap<RunKey, bool>,
    runs: BTreeMap<RunKey, MutableState>,
}

/// A task that waits for a worker, as its run has it.
#[derive(Clone, Debug)]
pub struct Owed {
    /// The namespace's name.
    pub namespace: String,
    /// The queue's name.
    pub queue: String,
    /// Whether that is the queue of one worker.
    pub sticky: bool,
    /// Whether it is an activity.
    pub activity: bool,
    /// For whom reads of it.
    pub what: String,
}

/// Time does not jump while this lives.
#[derive(Debug)]
pub struct TimeHeld(#[allow(dead_code)] Vec<Hold>);

impl Served {
    /// A new server with nothing but the default namespace. One that is `forgetful` keeps in memory only
    /// what it must; one with a file reads everything from there. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// If that fails.
    pub async fn start(forgetful: bool, file: Option<&Path>) -> Self {
        let mut config = Config::for_tests(TimeSkipping::Locked);
        if forgetful {
            config.cache_mib = 0;
        }
        let clocks = Clocks::start(&config);
        let file = file.map(Path::to_owned);
        Self::on(Arc::default(), file, clocks, config, None).await
    }

    /// The server is killed, and another one goes on with what it has stored.
    ///
    /// # Panics
    /// If that cannot be read.
    pub async fn restart(&mut self) {
        self.fence.fall();
        self.frontend.stopping.cancel();
        let held = self.frontend.shard.held_tasks();
        let (clocks, _at_work) = self.clocks.hand_over();
        self.fence.close();
        let (memory, config) = (Arc::clone(&self.memory), self.config.clone());
        let file = self.file.take().map(|(path, _)| path);
        *self = Self::on(memory, file, clocks, config, Some(&held)).await;
    }

    async fn on(
        memory: Arc<MemoryStore>,
        file: Option<PathBuf>,
        clocks: Clocks,
        config: Config,
        held: Option<&HeldTasks>,
    ) -> Self {
        let file = file.map(|path| {
            let twin = Twin::open(Arc::clone(&memory), &path);
            (path, Arc::new(twin))
        });
        let fence = Fenced::around(match &file {
            Some((_, twin)) => Arc::clone(twin) as Arc<dyn Store>,
            None => Arc::clone(&memory) as Arc<dyn Store>,
        });
        let store = Arc::clone(&fence) as Arc<dyn Store>;
        let namespaces = Namespaces::load(Arc::clone(&store)).expect("what is stored is read");
        let namespaces = Arc::new(namespaces);
        let made = ensure_namespaces(&namespaces, &config).await;
        made.expect("the default namespace is made");
        let stopping = CancellationToken::new();
        let frontend = Frontend::new(config.clone(), clocks.clone(), store, namespaces, stopping);
        frontend.recover(held).expect("what is stored is taken up");
        Self {
            memory,
            file,
            fence,
            clocks,
            frontend: Arc::new(frontend),
            config,
            folds: Mutex::default(),
        }
    }

    /// The services.
    pub fn services(&self) -> Calls {
        BoxCloneSyncService::new(Services::of(&self.frontend))
    }

    /// Lets that much time pass.
    pub fn pass(&self, duration: Duration) {
        if let Clock::Skipping(clock) = self.clocks.common() {
            clock.pass(duration);
        }
    }

    /// Keeps time from jumping.
    #[must_use]
    pub fn hold_time(&self) -> TimeHeld {
        TimeHeld(self.clocks.hold())
    }

    /// Everything as it is.
    pub fn snapshot(&self) -> Snapshot {
        let mut namespaces = self.memory.namespaces().expect("namespaces");
        namespaces.sort();
        let runs = self.runs();
        let is_current = |run: &RunKey| {
            let current = self.memory.current_run(&run.workflow).expect("a run");
            current.as_ref() == Some(&run.run_id)
        };
        Snapshot {
            namespaces,
            current: runs.keys().map(|it| (it.clone(), is_current(it))).collect(),
            runs,
        }
    }

    /// Looks at every run, while no request is under way.
    ///
    /// # Panics
    /// If something does not hold that always does.
    pub fn check(&self) {
        if let Some((_, twin)) = &self.file {
            twin.check();
        }
        let Snapshot { current, runs, .. } = self.snapshot();
        let now = self.clocks.common().now();
        for (key, stored) in self.stored() {
            let live = &runs[&key];
            if is_durable(live) {
                assert_eq!(*live, stored, "a run is not the fold of its changes");
            }
            assert!(
                live.buffered.is_empty() || live.has_started_workflow_task(),
                "a buffer that nothing will flush: {live:?}"
            );
            if !live.is_open() {
                continue;
            }
            assert!(current[&key], "an open run that is not current: {live:?}");
            let due = live.next_deadline();
            assert!(
                due.is_none_or(|at| at > now),
                "what is due does not happen: {live:?}"
            );
        }
        for (key, live) in runs {
            let undone = pending_tasks(&live).into_iter().find(|task| {
                !matches!(task, Task::DispatchWorkflowTask | Task::DispatchActivity(_))
            });
            assert!(undone.is_none(), "{key:?} still has to do {undone:?}");
        }
    }

    /// A task that a poll must get.
    pub fn owed(&self) -> Option<Owed> {
        self.runs().values().find_map(|state| {
            let tasks = pending_tasks(state);
            tasks.iter().find_map(|task| self.owed_of(state, task))
        })
    }

    fn owed_of(&self, state: &MutableState, task: &Task) -> Option<Owed> {
        let namespace_id = &state.run.workflow.namespace_id;
        let namespace = self.frontend.namespaces.by_id(namespace_id).ok()?;
        let (queue, sticky, activity) = match task {
            Task::DispatchWorkflowTask => {
                let task = state.workflow_task.as_ref()?;
                (task.queue.to_string(), task.sticky, false)
            }
            Task::DispatchActivity(id) => {
                let activity = state.activities.get(id)?;
                (activity.task_queue().to_owned(), false, true)
            }
            _ => return None,
        };
        let key = TaskQueueKey {
            namespace_id: Arc::clone(namespace_id),
            name: queue.as_str().into(),
            queue_type: TaskQueueType::Activity,
        };
        // A queue with a limit may have reached it.
        let limited = activity && self.frontend.shard.matching.rate(&key).is_some();
        (!limited).then(|| Owed {
            namespace: namespace.name.clone(),
            queue,
            sticky,
            activity,
            what: format!("{task:?} of {state:?}"),
        })
    }

    /// Every run as it is in memory, or would be there.
    fn runs(&self) -> BTreeMap<RunKey, MutableState> {
        let mut runs = self.stored();
        for (key, state) in &mut runs {
            let handle = self.frontend.shard.workflow(&key.workflow);
            let mut chain = handle.lock();
            if let Some(hot) = chain.hot(&key.run_id) {
                *state = hot.state.clone();
            }
        }
        runs
    }

    /// Every run as its records have it.
    fn stored(&self) -> BTreeMap<RunKey, MutableState> {
        let records = self.memory.runs();
        let mut folds = self.folds.lock();
        folds.retain(|key, _| records.contains_key(key));
        for (key, records) in &records {
            let fold = folds.entry(key.clone());
            fold.or_insert_with(|| Fold::of(key)).go_on(records);
        }
        let states = folds.iter();
        states
            .map(|(key, fold)| (key.clone(), fold.state.clone()))
            .collect()
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

/// What a run's records come to, as far as they were read.
#[derive(Debug)]
struct Fold {
    records: usize,
    state: MutableState,
}

impl Fold {
    fn of(run: &RunKey) -> Self {
        Self {
            records: 0,
            state: MutableState::new(run.clone()),
        }
    }

    /// Reads what is new, and checks the history that it holds.
    fn go_on(&mut self, records: &[Bytes]) {
        for record in &records[self.records..] {
            for change in record::decode(record.clone()).expect("a record") {
                self.apply(&change);
            }
        }
        self.records = records.len();
    }

    fn apply(&mut self, change: &Change) {
        let (Change::Event(event) | Change::Flushed(event)) = change else {
            return apply(&mut self.state, change);
        };
        let id = event.id();
        assert!(self.state.is_open(), "{event:?} after the end");
        assert_eq!(id, self.state.next_event_id, "{event:?} out of turn");
        apply(&mut self.state, change);
        assert_eq!(id + 1, self.state.next_event_id, "{event:?} is not counted");
        assert_eq!(is_close(event.kind()), !self.state.is_open(), "{event:?}");
    }
}

/// Whether everything in the state survives a restart.
fn is_durable(state: &MutableState) -> bool {
    let task = state.workflow_task.as_ref();
    let speculative = task.is_some_and(|task| task.kind == WorkflowTaskKind::Speculative);
    let mut updates = state.updates.values();
    let volatile = updates.any(|it| matches!(it.stage, UpdateStage::Admitted | UpdateStage::Sent));
    !speculative && !volatile
}

/// Reads a visibility query; whether it is one.
pub fn read_query(text: &str) -> bool {
    query::parse(text, &Default::default()).is_ok()
}
