//! The shell around the history core: owns the runs, commits their transitions, and does what the
//! transitions ask for.
//!
//! 1. All runs of one workflow id are behind one lock ([`chain::Workflow`]): starting, continuing,
//!    resetting and closing them are steps of one chain. A lock is never held across an await, and
//!    never while another one is taken.
//! 2. Under the lock a request is decided on the state and handed to the store, in the same order.
//!    The state moves on at once; what leaves the process (a reply, a task, a notice) waits for the
//!    [`ticket::Ticket`] of its commit. So a reader, too, waits for the last commit it could see.
//! 3. Whatever a run is owed can be derived from its state, so nothing but the changes is stored.
//!
//! Read next: [`chain`], [`commit`], [`dispatch`], [`effects`].

mod cache;
pub(crate) mod chain;
mod commit;
mod cross_run;
mod dispatch;
mod effects;
pub(crate) mod hands;
pub(crate) mod history_reader;
pub(crate) mod queries;
mod recover;
pub(crate) mod reset;
mod retention;
pub(crate) mod start;
mod ticket;
mod timer_queue;
pub(crate) mod updates;

use std::{collections::BTreeMap, sync::Arc};

use foldhash::HashMap;

use mainspring_proto::{
    common::v1::{Payload, SearchAttributes},
    workflowservice::v1::PollActivityTaskQueueResponse,
};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Clocks},
    frontend::workflow_task::OutgoingTask,
    history::{
        ids::{EventId, Ids, RunKey, WorkflowKey},
        limits::Limits,
        rejection::Rejection,
        transition::{Cx, Inadmissible, Refused, Request, decide, settle},
    },
    matching::Matching,
    namespace::{Namespace, Namespaces},
    persistence::{Store, StoreError},
    visibility::search_attributes,
};

use cache::Cache;
use chain::{Chain, Run, Workflow};
use commit::Moved;
use timer_queue::{TimerQueue, TimerQueues};

/// What matching holds for the shard. The run's state says everything else.
#[derive(Debug)]
pub(crate) enum TaskRef {
    /// A workflow task.
    Workflow {
        run: RunKey,
        scheduled_event_id: EventId,
        attempt: i32,
    },
    /// A workflow task that was started in the commit that made it, for a worker who waited.
    StartedWorkflow(Box<OutgoingTask>),
    /// A query that no workflow task carries.
    Query { run: RunKey, query_id: String },
    /// An activity task.
    Activity {
        run: RunKey,
        scheduled_event_id: EventId,
        stamp: i32,
    },
    /// An activity task that was started in the same way.
    StartedActivity(Box<PollActivityTaskQueueResponse>),
}

impl TaskRef {
    pub(crate) fn into_started_workflow(self) -> Result<Box<OutgoingTask>, Self> {
        match self {
            Self::StartedWorkflow(task) => Ok(task),
            other => Err(other),
        }
    }

    pub(crate) fn into_started_activity(self) -> Result<Box<PollActivityTaskQueueResponse>, Self> {
        match self {
            Self::StartedActivity(task) => Ok(task),
            other => Err(other),
        }
    }
}

/// Why a request to a run was not done.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The run refuses.
    Rejected(Rejection),
    /// The store cannot keep it.
    Store(StoreError),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        refused.rejection.into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Workflows = HashMap<WorkflowKey, Arc<Workflow>>;

/// How many locks guard the map of workflows.
const MAP_PARTS: usize = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clocks: Clocks,
    pub(crate) matching: Matching<TaskRef>,
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) request_limits: crate::config::Limits,
    pub(crate) limits: Limits,
    pub(crate) stopping: CancellationToken,
    workflows: Box<[Mutex<Workflows>]>,
    timers: TimerQueues,
    cache: Arc<Cache>,
    runtime: tokio::runtime::Handle,
}

/// How much the shard takes on.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// What a request may carry.
    pub(crate) requests: crate::config::Limits,
    /// What a run may hold.
    pub(crate) runs: Limits,
    /// How much memory hot runs may take, in bytes.
    pub(crate) cache_size: usize,
}

/// Which run of a workflow is meant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RunSelector<'a> {
    /// Its run id; empty for the current run.
    pub(crate) run_id: &'a str,
    /// The first run of its chain, if the caller insists on that.
    pub(crate) first_execution_run_id: &'a str,
}

impl<'a> RunSelector<'a> {
    pub(crate) fn run(run_id: &'a str) -> Self {
        Self {
            run_id,
            first_execution_run_id: "",
        }
    }
}

impl Shard {
    /// A shard without hot runs. Must be called within a tokio runtime, which then runs its timers.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        clocks: Clocks,
        namespaces: Arc<Namespaces>,
        bounds: Bounds,
        stopping: CancellationToken,
    ) -> Arc<Self> {
        let (made, mut timer_queues) = mpsc::unbounded_channel();
        let shard = Arc::new(Self {
            store,
            matching: Matching::new(stopping.clone()),
            namespaces,
            request_limits: bounds.requests,
            limits: bounds.runs,
            stopping,
            workflows: (0..MAP_PARTS).map(|_| Mutex::default()).collect(),
            timers: TimerQueues::new(clocks.clone(), made),
            clocks,
            cache: Arc::new(Cache::new(bounds.cache_size)),
            runtime: tokio::runtime::Handle::current(),
        });
        let eviction = Arc::clone(&shard);
        tokio::spawn(async move {
            let stopping = eviction.stopping.clone();
            tokio::select! {
                () = stopping.cancelled() => {}
                () = eviction.run_eviction() => {}
            }
        });
        let retention = Arc::clone(&shard);
        tokio::spawn(async move {
            let stopping = retention.stopping.clone();
            tokio::select! {
                () = stopping.cancelled() => {}
                () = retention.run_retention() => {}
            }
        });
        let timers = Arc::clone(&shard);
        tokio::spawn(async move {
            let stopping = timers.stopping.clone();
            let run_timers = async {
                while let Some(queue) = timer_queues.recv().await {
                    timers.spawn(Arc::clone(&timers).run_timers(queue));
                }
            };
            tokio::select! {
                () = stopping.cancelled() => {}
                () = run_timers => {}
            }
        });
        shard
    }

    /// Sends a request to a run, and waits until its outcome is durable.
    ///
    /// # Errors
    /// When the run refuses, or the store cannot keep what changed.
    pub(crate) async fn update<R: Request>(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        request: R,
    ) -> Result<(RunKey, R::Reply), Refusal> {
        self.update_with(workflow, selector, request, |_, _| ())
            .await
            .map(|(run, reply, ())| (run, reply))
    }

    /// The same, and looks at the run as it is right after the request, under the same lock.
    ///
    /// # Errors
    /// As [`Shard::update`].
    pub(crate) async fn update_with<R: Request, T>(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        request: R,
        look: impl FnOnce(&mut Run, &R::Reply) -> T,
    ) -> Result<(RunKey, R::Reply, T), Refusal> {
        let namespace = self.namespace(&workflow.namespace_id);
        let (outcome, ticket) = self.locked(workflow, |chain| {
            let run_id = chain.select(&*self.store, selector)?;
            let run = chain.run(&*self.store, &run_id)?;
            let decided = self.with_cx(&namespace, |cx| decide(&run.state, request, cx));
            let (transition, outcome) = settle(decided);
            let key = workflow.run(run_id);
            let ticket = match transition {
                Some(it) => self.submit(chain, vec![Moved::existing(key.clone(), it)]),
                None => run.ticket.clone(),
            };
            let run = chain.run(&*self.store, &key.run_id)?;
            let outcome = outcome.map(|reply| {
                let seen = look(run, &reply);
                (key, reply, seen)
            });
            Ok((outcome, ticket))
        })?;
        // A refusal, too, may speak of something that is not durable yet.
        ticket.durable().await?;
        Ok(outcome?)
    }

    /// Looks at a run, and waits until what was seen is durable.
    ///
    /// # Errors
    /// When there is no such run.
    pub(crate) async fn read<T>(
        &self,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        look: impl FnOnce(&mut Run) -> T,
    ) -> Result<T, Refusal> {
        let (seen, ticket) = self.locked(workflow, |chain| {
            let run_id = chain.select(&*self.store, selector)?;
            let run = chain.run(&*self.store, &run_id)?;
            Ok((look(run), run.ticket.clone()))
        })?;
        ticket.durable().await?;
        Ok(seen)
    }

    /// Works on a workflow's runs under their lock. Workflows that do not exist are not remembered.
    fn locked<T>(
        &self,
        workflow: &WorkflowKey,
        work: impl FnOnce(&mut Chain) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let handle = self.workflow(workflow);
        let result = work(&mut handle.lock());
        if result.is_err() {
            drop(handle);
            self.forget_if_cold(workflow);
        }
        result
    }

    /// Runs a task of the shard's own.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(future);
    }

    /// The namespace with this id; an empty one if it was deleted meanwhile.
    pub(crate) fn namespace(&self, id: &str) -> Arc<Namespace> {
        self.namespaces
            .by_id(id)
            .unwrap_or_else(|_| Arc::new(Namespace::new("", std::time::Duration::ZERO)))
    }

    /// What a workflow takes for the time.
    pub(crate) fn clock(&self, workflow: &WorkflowKey) -> Clock {
        self.clocks.of(&workflow.namespace_id)
    }

    /// Calls `decide` with the time, fresh ids and the namespace's rules.
    pub(crate) fn with_cx<T>(&self, namespace: &Namespace, decide: impl FnOnce(&Cx<'_>) -> T) -> T {
        let ids = Ids::from_seed(uuid::Uuid::new_v4().as_u128());
        decide(&Cx {
            now: self.clocks.of(&namespace.id).now(),
            ids: &ids,
            limits: &self.limits,
            namespace: &namespace.name,
            retention: namespace.retention,
            admit_search_attributes: &|attributes, present| {
                self.admit_search_attributes(namespace, attributes, present)
            },
        })
    }

    /// Checks search attributes that are to be set in the namespace, beside those that are present,
    /// and writes their types into them.
    ///
    /// # Errors
    /// A sentence about what is wrong with them.
    pub(crate) fn admit_search_attributes(
        &self,
        namespace: &Namespace,
        attributes: &mut SearchAttributes,
        present: &BTreeMap<String, Payload>,
    ) -> Result<(), Inadmissible> {
        let limits = &self.request_limits;
        let custom = &namespace.search_attributes;
        search_attributes::check(&namespace.name, custom, attributes, limits)
            .map_err(|error| Inadmissible::Wrong(error.to_string()))?;
        search_attributes::check_size(attributes, present, limits)
            .map_err(|error| Inadmissible::TooLarge(error.to_string()))?;
        search_attributes::with_types(custom, attributes);
        Ok(())
    }

    /// The workflow's handle, made if it is not hot.
    pub(crate) fn workflow(&self, key: &WorkflowKey) -> Arc<Workflow> {
        let mut part = self.map_part(key).lock();
        if let Some(found) = part.get(key) {
            return Arc::clone(found);
        }
        let made = Arc::new(Workflow::new(key.clone(), Arc::clone(&self.cache)));
        part.insert(key.clone(), Arc::clone(&made));
        made
    }

    fn map_part(&self, key: &WorkflowKey) -> &Mutex<Workflows> {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        &self.workflows[hash as usize % MAP_PARTS]
    }

    async fn run_timers(self: Arc<Self>, queue: Arc<TimerQueue>) {
        loop {
            let (due, hold) = tokio::select! {
                () = self.stopping.cancelled() => return,
                due = queue.due() => due,
            };
            for run in due {
                self.fire(&run);
            }
            drop(hold);
        }
    }

    /// Lets what is due in the run happen.
    fn fire(self: &Arc<Self>, key: &RunKey) {
        let namespace = self.namespace(&key.workflow.namespace_id);
        let handle = self.workflow(&key.workflow);
        let mut chain = handle.lock();
        if chain.hot(&key.run_id).is_none() && !self.cache.is_sleeping(key) {
            // It has closed since the timer was set, and is out of memory.
            drop(chain);
            drop(handle);
            return self.forget_if_cold(&key.workflow);
        }
        let Ok(run) = chain.run(&*self.store, &key.run_id) else {
            return;
        };
        run.wakes_at = None;
        if !run.state.is_open() {
            return;
        }
        let decided = self.with_cx(&namespace, |cx| {
            decide(&run.state, crate::history::decide::fire_due::FireDue, cx)
        });
        if let (Some(transition), _) = settle(decided) {
            self.submit(&mut chain, vec![Moved::existing(key.clone(), transition)]);
        }
    }

    /// Forgets workflows that nobody holds and that have no hot run.
    fn forget_if_cold(&self, key: &WorkflowKey) {
        let mut part = self.map_part(key).lock();
        let cold = part
            .get(key)
            .is_some_and(|workflow| Arc::strong_count(workflow) == 1 && workflow.lock().is_cold());
        if cold {
            part.remove(key);
        }
    }
}
