//! Runs that may go on, kept in memory so that they need not be replayed.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::engine::Engine;

/// Enough that threads seldom meet at one lock.
const SHARDS: usize = 16;

/// The least recently used run is dropped when there are too many. A run that is being worked on is taken out, so that
/// nobody else finds it meanwhile.
pub(super) struct StickyCache {
    shards: Vec<Mutex<Shard>>,
    per_shard: usize,
    hasher: RandomState,
}

/// How a run has found its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    InAddition,
    /// Another run had to go.
    InPlaceOfAnother,
}

#[derive(Default)]
struct Shard {
    runs: HashMap<String, (u64, Box<Engine>)>,
    by_age: BTreeMap<u64, String>,
    clock: u64,
}

impl StickyCache {
    pub(super) fn new(limit: usize) -> Self {
        let shards = SHARDS.min(limit.max(1));
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            per_shard: limit.div_ceil(shards),
            hasher: RandomState::new(),
        }
    }

    /// How many runs there are.
    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        let lengths = shards.map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).runs.len());
        lengths.sum()
    }

    /// Takes a run out.
    pub(super) fn take(&self, run_id: &str) -> Option<Box<Engine>> {
        let mut shard = self.shard(run_id);
        let (age, engine) = shard.runs.remove(run_id)?;
        shard.by_age.remove(&age);
        Some(engine)
    }

    /// Puts a run back; of two states of one run, the later stays.
    pub(super) fn put(&self, run_id: String, engine: Box<Engine>) -> Put {
        let (outcome, dropped);
        {
            let mut shard = self.shard(&run_id);
            if let Some((_, other)) = shard.runs.get(&run_id)
                && other.last_event_id() > engine.last_event_id()
            {
                return Put::InAddition;
            }
            shard.clock += 1;
            let age = shard.clock;
            let earlier = shard.runs.insert(run_id.clone(), (age, engine));
            if let Some((age, _)) = &earlier {
                shard.by_age.remove(age);
            }
            shard.by_age.insert(age, run_id);
            let oldest = match shard.runs.len() > self.per_shard {
                true => shard.by_age.pop_first(),
                false => None,
            };
            let oldest = oldest.and_then(|(_, run_id)| shard.runs.remove(&run_id));
            outcome = match &oldest {
                Some(_) => Put::InPlaceOfAnother,
                None => Put::InAddition,
            };
            dropped = (earlier, oldest);
        }
        // Dropping a run drops user values, which may take long, so it happens without the lock.
        drop(dropped);
        outcome
    }

    fn shard(&self, run_id: &str) -> std::sync::MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(run_id) as usize % self.shards.len();
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
