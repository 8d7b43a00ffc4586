//! Runs that may go on, kept in memory so that they need not be replayed.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

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
    /// Runs that are about to be put back, each with those who wait for it.
    expected: HashMap<String, Arc<Notify>>,
}

/// A run whose task is being answered, and is about to be put back. It is no more once this is dropped.
#[must_use]
pub(super) struct Expected<'c> {
    cache: &'c StickyCache,
    run_id: &'c str,
    over: Arc<Notify>,
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

    /// Takes a run out, once it is there if it is expected. That is so while the task before is answered: what follows at
    /// once from the answer may be here before its own answer is.
    pub(super) async fn take(&self, run_id: &str) -> Option<Box<Engine>> {
        loop {
            let over = {
                let mut shard = self.shard(run_id);
                if let Some((age, engine)) = shard.runs.remove(run_id) {
                    shard.by_age.remove(&age);
                    return Some(engine);
                }
                Arc::clone(shard.expected.get(run_id)?).notified_owned()
            };
            over.await;
        }
    }

    /// Says that a run is about to be put back.
    pub(super) fn expect<'c>(&'c self, run_id: &'c str) -> Expected<'c> {
        let over = Arc::<Notify>::default();
        let mut shard = self.shard(run_id);
        shard.expected.insert(run_id.to_owned(), Arc::clone(&over));
        Expected {
            cache: self,
            run_id,
            over,
        }
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

    fn shard(&self, run_id: &str) -> MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(run_id) as usize % self.shards.len();
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut shard = self.cache.shard(self.run_id);
        // Another task of the run may be expected by now.
        let expected = shard.expected.get(self.run_id);
        if expected.is_some_and(|it| Arc::ptr_eq(it, &self.over)) {
            shard.expected.remove(self.run_id);
        }
        self.over.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_run_is_waited_for_while_it_is_expected() {
        let cache = StickyCache::new(10);
        let first = cache.expect("run");
        let mut taking = pin!(cache.take("run"));
        assert!(poll(taking.as_mut()).is_pending());
        assert!(poll(pin!(cache.take("another"))).is_ready());
        // Two of its tasks may be answered at a time, one of which has timed out.
        let second = cache.expect("run");
        drop(first);
        assert!(poll(taking.as_mut()).is_pending());
        drop(second);
        let taken = poll(taking.as_mut());
        assert!(matches!(taken, Poll::Ready(None)), "it was not put back");
        assert!(poll(pin!(cache.take("run"))).is_ready());
    }
}
