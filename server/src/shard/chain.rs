//! The hot runs of one workflow id.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Weak},
};

use foldhash::HashMap;
use mainspring_proto::query::v1::WorkflowQuery;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, oneshot, watch};

use crate::{
    clock::{Hold, Waiting},
    history::{
        apply::apply,
        change::Change,
        decide::workflow_task::StartedWorkflowTask,
        event::Event,
        ids::{EventId, WorkflowKey},
        record,
        rejection::Rejection,
        state::MutableState,
        task::UpdateNews,
        time::Time,
        update::{Update, UpdateStage},
        workflow_task::WorkflowTaskKind,
    },
    persistence::{Store, StoreError},
};

use super::{
    Refusal, RunSelector, cache::Cache, hands::Tasks, queries::QueryAnswer, ticket::Ticket,
};

/// How many of a run's last events are kept decoded: a workflow task's worth and more, so that a
/// worker's next task is seldom read from the store.
const RECENT_EVENTS: usize = 64;

/// All runs of a workflow id, behind their lock.
#[derive(Debug)]
pub(crate) struct Workflow {
    chain: Mutex<Chain>,
}

impl Workflow {
    pub(crate) fn new(key: WorkflowKey, cache: Arc<Cache>) -> Self {
        Self {
            chain: Mutex::new(Chain {
                key,
                cache,
                current: None,
                runs: HashMap::default(),
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock()
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) key: WorkflowKey,
    cache: Arc<Cache>,
    /// The current run, once the store was asked.
    current: Option<Option<Arc<str>>>,
    runs: HashMap<Arc<str>, Run>,
}

impl Chain {
    /// The run that has the workflow id.
    pub(crate) fn current(&mut self, store: &dyn Store) -> Result<Option<Arc<str>>, StoreError> {
        if let Some(current) = &self.current {
            return Ok(current.clone());
        }
        let current = store.current_run(&self.key)?;
        self.current = Some(current.clone());
        Ok(current)
    }

    /// Makes `run_id` the current run; called together with the commit that says so.
    pub(crate) fn set_current(&mut self, run_id: Arc<str>) {
        self.current = Some(Some(run_id));
    }

    /// Which run is meant.
    pub(crate) fn select(
        &mut self,
        store: &dyn Store,
        selector: RunSelector<'_>,
    ) -> Result<Arc<str>, Refusal> {
        let not_found = || {
            Rejection::NotFound(format!(
                "workflow not found for ID: {}",
                self.key.workflow_id
            ))
        };
        let run_id: Arc<str> = match selector.run_id {
            "" => {
                let not_found = not_found();
                self.current(store)?.ok_or(not_found)?
            }
            run_id => run_id.into(),
        };
        if !selector.first_execution_run_id.is_empty() {
            let run = self.run(store, &run_id)?;
            if run.state.first_execution_run_id() != selector.first_execution_run_id {
                let not_found = "workflow execution not found".to_owned();
                return Err(Rejection::NotFound(not_found).into());
            }
        }
        Ok(run_id)
    }

    /// A run, read back from the store if it is not hot.
    pub(crate) fn run(&mut self, store: &dyn Store, run_id: &str) -> Result<&mut Run, Refusal> {
        if !self.runs.contains_key(run_id) {
            let run = self.load(store, run_id)?;
            self.insert(run);
        }
        // It was there, or has been put there.
        let run = self
            .runs
            .get_mut(run_id)
            .expect("the run was just made hot");
        run.touched = true;
        Ok(run)
    }

    /// A run, if it is hot.
    pub(crate) fn hot(&mut self, run_id: &str) -> Option<&mut Run> {
        self.runs.get_mut(run_id)
    }

    fn load(&self, store: &dyn Store, run_id: &str) -> Result<Run, Refusal> {
        let key = self.key.run(run_id);
        let Some(stored) = store.load(&key)? else {
            return Err(Rejection::NotFound(format!(
                "workflow execution not found for workflow ID {:?} and run ID {run_id:?}",
                self.key.workflow_id
            ))
            .into());
        };
        let mut run = Run::new(MutableState::new(key));
        run.seq = stored.records.len() as u64;
        for record in stored.records {
            let changes =
                record::decode(record).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            for change in &changes {
                apply(&mut run.state, change);
                run.remember(change);
            }
        }
        Ok(run)
    }

    /// Makes a run hot.
    pub(crate) fn insert(&mut self, mut run: Run) {
        run.weight = run.estimate();
        run.slot = self.cache.add(&run.state.run, run.weight);
        if !run.state.is_open() {
            self.cache.closed(run.state.run.clone());
        }
        self.runs.insert(Arc::clone(&run.state.run.run_id), run);
    }

    /// Takes a run out of memory, if nobody waits for anything in it, and it was not touched since
    /// it was last considered. `closed` is for runs that have closed: those go at once.
    pub(crate) fn evict(&mut self, run_id: &str, closed: bool) -> Eviction {
        let Some(run) = self.runs.get_mut(run_id) else {
            return Eviction::Gone;
        };
        let touched = std::mem::take(&mut run.touched) && !closed;
        if touched || (closed && run.state.is_open()) || !run.is_idle() {
            return Eviction::Spared;
        }
        if let Some(run) = self.runs.remove(run_id) {
            self.cache.remove(run.slot, run.weight);
            if run.state.is_open() {
                self.cache.sleeps(run.state.run);
            }
        }
        Eviction::Evicted
    }

    /// The run has a new place in the cache.
    pub(crate) fn set_slot(&mut self, run_id: &str, slot: u64) {
        if let Some(run) = self.runs.get_mut(run_id) {
            run.slot = slot;
        }
    }

    /// Brings the account of a hot run up to date.
    pub(crate) fn weigh(&mut self, run_id: &str) {
        if let Some(run) = self.runs.get_mut(run_id) {
            let weight = run.estimate();
            self.cache.adjust(weight - run.weight);
            run.weight = weight;
        }
    }

    /// Takes a deleted run out of memory.
    pub(crate) fn forget(&mut self, run_id: &str) {
        if let Some(run) = self.runs.remove(run_id) {
            self.cache.remove(run.slot, run.weight);
        }
        if self
            .current
            .as_ref()
            .is_some_and(|current| current.as_deref() == Some(run_id))
        {
            self.current = None;
        }
    }

    /// Takes all runs out of memory: their namespace was deleted.
    pub(crate) fn forget_all(&mut self) {
        let runs: Vec<_> = self.runs.keys().cloned().collect();
        for run_id in runs {
            self.forget(&run_id);
        }
        self.current = None;
    }

    pub(crate) fn is_cold(&self) -> bool {
        self.runs.is_empty()
    }
}

/// A query that waits for an answer.
#[derive(Debug)]
pub(crate) struct WaitingQuery {
    pub(crate) query: WorkflowQuery,
    /// Whether a task of its own carries it, rather than a workflow task.
    pub(crate) direct: bool,
    pub(crate) answer: oneshot::Sender<QueryAnswer>,
    /// Time does not jump before it is answered.
    pub(crate) _at_work: Hold,
}

/// What became of an attempt to evict a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eviction {
    /// It is out of memory.
    Evicted,
    /// It is in use.
    Spared,
    /// It was not hot.
    Gone,
}

/// One hot run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) state: MutableState,
    /// How many records the store has, or is about to have.
    pub(crate) seq: u64,
    /// The last commit.
    pub(crate) ticket: Ticket,
    /// When the timer queue wakes it next.
    pub(crate) wakes_at: Option<Time>,
    /// Keeps time from jumping while something in the run is at work.
    pub(crate) at_work: Option<Hold>,
    /// What workers have of it, and what was lost on its way to them; see `hands`.
    pub(super) held: Tasks,
    pub(super) lost: Tasks,
    /// Those who wait for the result.
    result_waits: Vec<Weak<Waiting>>,
    /// Queries that ride on the next workflow task, or on one under way.
    pub(crate) queries: BTreeMap<String, WaitingQuery>,
    /// Those who wait for updates.
    pub(crate) updates: HashMap<String, watch::Sender<Option<UpdateNews>>>,
    /// Wakes those who wait for events.
    changed: Arc<Notify>,
    recent: VecDeque<Arc<Event>>,
    recent_size: usize,
    /// Whether anybody looked at it since it was last considered for eviction.
    touched: bool,
    /// What it counts for in the cache, in bytes.
    weight: i64,
    /// Its place there.
    slot: u64,
}

impl Run {
    pub(crate) fn new(state: MutableState) -> Self {
        let ticket = Ticket::default();
        ticket.resolve(Ok(()));
        Self {
            state,
            seq: 0,
            ticket,
            wakes_at: None,
            at_work: None,
            held: Tasks::new(),
            lost: Tasks::new(),
            result_waits: Vec::new(),
            queries: BTreeMap::new(),
            updates: HashMap::default(),
            changed: Arc::default(),
            recent: VecDeque::new(),
            recent_size: 0,
            touched: true,
            weight: 0,
            slot: 0,
        }
    }

    /// Woken after every transition of the run.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Whether nobody waits for anything in it, and all of it can be read back from the store.
    fn is_idle(&self) -> bool {
        let task = self.state.workflow_task.as_ref();
        let speculative = task.is_some_and(|task| task.kind == WorkflowTaskKind::Speculative);
        let volatile = |update: &Arc<Update>| {
            matches!(update.stage, UpdateStage::Admitted | UpdateStage::Sent)
        };
        self.ticket.is_durable()
            && self.queries.is_empty()
            && self.at_work.is_none()
            && self.updates.is_empty()
            && !speculative
            && !self.state.updates.values().any(volatile)
            && Arc::strong_count(&self.changed) == 1
    }

    /// Roughly what it takes of memory, in bytes. What is pending holds on to its events, decoded
    /// and encoded, as do the recent ones.
    fn estimate(&self) -> i64 {
        const BASE: usize = 4096;
        const PENDING: usize = 1024;
        let state = &self.state;
        let pending = state.activities.size()
            + state.timers.size()
            + state.children.size()
            + state.buffered.len()
            + state.signal_count as usize / 8
            + state.updates.size() / 2;
        (BASE
            + pending * PENDING
            + state.activities_size
            + self.recent.len() * 512
            + 2 * self.recent_size) as i64
    }

    /// Keeps an event at hand for those who will soon ask for it.
    pub(crate) fn remember(&mut self, change: &Change) {
        if let Change::Event(event) | Change::Flushed(event) = change {
            if self.recent.len() == RECENT_EVENTS
                && let Some(oldest) = self.recent.pop_front()
            {
                self.recent_size -= oldest.encoded().len();
            }
            self.recent_size += event.encoded().len();
            self.recent.push_back(Arc::clone(event));
        }
    }

    /// The events from `from` on, if they are all at hand.
    pub(crate) fn recent(&self, from: EventId, to: EventId) -> Option<Vec<Arc<Event>>> {
        if from >= to {
            return Some(Vec::new());
        }
        let first = self.recent.front()?.id();
        let skip = usize::try_from(from - first).ok()?;
        let count = usize::try_from(to - from).ok()?;
        let found: Vec<_> = self.recent.iter().skip(skip).take(count).cloned().collect();
        (found.len() == count).then_some(found)
    }

    /// The started workflow task as its worker was, or is, told of it.
    pub(crate) fn handed_out_task(&self) -> Option<StartedWorkflowTask> {
        let task = self
            .state
            .workflow_task
            .as_ref()
            .filter(|task| task.is_started())?;
        Some(StartedWorkflowTask {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            scheduled_time: task.scheduled_time,
            started_time: task.started_time,
            previous_started_event_id: self.state.previous_started_event_id,
            next_event_id: self.state.next_event_id,
            unwritten: Vec::new(),
            messages: Vec::new(),
        })
    }

    /// Notes that somebody waits for the result.
    pub(crate) fn wait_for_result(&mut self, waiting: &Arc<Waiting>) {
        self.result_waits.retain(|it| it.strong_count() > 0);
        self.result_waits.push(Arc::downgrade(waiting));
    }

    /// The result is there.
    pub(crate) fn release_result_waits(&mut self) {
        for waiting in self.result_waits.drain(..).filter_map(|it| it.upgrade()) {
            waiting.release();
        }
    }

    /// Those who wait for this update.
    pub(crate) fn watch_update(&mut self, update_id: &str) -> watch::Receiver<Option<UpdateNews>> {
        let sender = self.updates.entry(update_id.to_owned());
        sender
            .or_insert_with(|| watch::Sender::new(None))
            .subscribe()
    }
}
