//! Which runs are in memory. Memory is bounded by what is active: runs that have not been touched
//! for longest are taken out when the hot ones outgrow their bound, and read back on demand; runs
//! that have closed go soon after.
//!
//! The cache only keeps account. Runs live in their chains, and are evicted by a task of their own,
//! because evicting takes the lock of a chain, and whoever makes a run hot holds one.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::history::ids::RunKey;

use super::{Shard, chain::Eviction};

/// How many closed runs stay hot: those whose results clients are about to ask for.
const RECENTLY_CLOSED: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Cache {
    /// The bound, in bytes.
    limit: i64,
    /// The estimated size of all hot runs, in bytes.
    used: AtomicI64,
    inner: Mutex<Inner>,
    wanted: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    next_slot: u64,
    /// Hot runs; those that have been looked at last, or were spared last, come last.
    hot: BTreeMap<u64, RunKey>,
    /// Closed ones, in the order in which they closed or were read back.
    closed: VecDeque<RunKey>,
    /// Open runs that were evicted: their timers are still to fire.
    sleeping: HashSet<RunKey>,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            used: AtomicI64::new(0),
            inner: Mutex::default(),
            wanted: Notify::new(),
        }
    }

    /// A run has become hot. Returns its place.
    pub(crate) fn add(&self, run: &RunKey, weight: i64) -> u64 {
        let slot = {
            let mut inner = self.inner.lock();
            inner.sleeping.remove(run);
            let slot = inner.next_slot;
            inner.next_slot += 1;
            inner.hot.insert(slot, run.clone());
            slot
        };
        self.adjust(weight);
        slot
    }

    /// A hot run has grown or shrunk.
    pub(crate) fn adjust(&self, by: i64) {
        if by == 0 {
            return;
        }
        let used = self.used.fetch_add(by, Ordering::Relaxed) + by;
        if used > self.limit {
            self.wanted.notify_one();
        }
    }

    /// A run is no longer hot.
    pub(crate) fn remove(&self, slot: u64, weight: i64) {
        self.inner.lock().hot.remove(&slot);
        self.used.fetch_sub(weight, Ordering::Relaxed);
    }

    /// A hot run is closed.
    pub(crate) fn closed(&self, run: RunKey) {
        let mut inner = self.inner.lock();
        inner.closed.push_back(run);
        if inner.closed.len() > RECENTLY_CLOSED {
            self.wanted.notify_one();
        }
    }

    /// The runs in memory.
    pub(super) fn runs(&self) -> Vec<RunKey> {
        self.inner.lock().hot.values().cloned().collect()
    }

    /// Runs of a namespace that is no more do not wake up.
    pub(crate) fn forget_sleeping(&self, namespace_id: &str) {
        let mut inner = self.inner.lock();
        let gone = |run: &RunKey| *run.workflow.namespace_id == *namespace_id;
        inner.sleeping.retain(|run| !gone(run));
    }

    /// Whether the run was evicted while it was open.
    pub(crate) fn is_sleeping(&self, run: &RunKey) -> bool {
        self.inner.lock().sleeping.contains(run)
    }

    /// A closed run that should go.
    fn surplus_closed(&self) -> Option<RunKey> {
        let mut inner = self.inner.lock();
        if inner.closed.len() <= RECENTLY_CLOSED {
            return None;
        }
        inner.closed.pop_front()
    }

    /// The run to consider next, if there is too little room.
    fn candidate(&self) -> Option<(u64, RunKey)> {
        if self.used.load(Ordering::Relaxed) <= self.limit {
            return None;
        }
        let inner = self.inner.lock();
        inner
            .hot
            .first_key_value()
            .map(|(slot, run)| (*slot, run.clone()))
    }

    /// Lets a run stay for another round. Returns its new place.
    fn spare(&self, slot: u64) -> Option<u64> {
        let mut inner = self.inner.lock();
        let run = inner.hot.remove(&slot)?;
        let slot = inner.next_slot;
        inner.next_slot += 1;
        inner.hot.insert(slot, run);
        Some(slot)
    }

    fn hot_runs(&self) -> usize {
        self.inner.lock().hot.len()
    }

    /// Notes that an open run was evicted.
    pub(crate) fn sleeps(&self, run: RunKey) {
        self.inner.lock().sleeping.insert(run);
    }
}

impl Shard {
    /// Evicts runs whenever there are too many.
    pub(super) async fn run_eviction(self: Arc<Self>) {
        loop {
            self.cache.wanted.notified().await;
            self.evict();
        }
    }

    fn evict(&self) {
        while let Some(run) = self.cache.surplus_closed() {
            self.workflow(&run.workflow).lock().evict(&run.run_id, true);
            self.forget_if_cold(&run.workflow);
        }
        // Every run is considered at most twice: once to see whether it was touched lately.
        for _ in 0..self.cache.hot_runs() * 2 {
            let Some((slot, run)) = self.cache.candidate() else {
                return;
            };
            let eviction = {
                let handle = self.workflow(&run.workflow);
                let mut chain = handle.lock();
                let eviction = chain.evict(&run.run_id, false);
                if eviction == Eviction::Spared
                    && let Some(slot) = self.cache.spare(slot)
                {
                    chain.set_slot(&run.run_id, slot);
                }
                eviction
            };
            if eviction == Eviction::Gone {
                self.cache.remove(slot, 0);
            }
            self.forget_if_cold(&run.workflow);
        }
    }
}
