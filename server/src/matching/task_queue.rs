//! One task queue: pairs tasks with parked pollers.
//!
//! Pure: time is an argument (any monotonic measure, the same for one queue), a poller is a number,
//! a task is whatever the caller hands over. Inputs are [`TaskQueue::offer`], [`TaskQueue::offer_now`],
//! [`TaskQueue::poll`], [`TaskQueue::cancel`], [`TaskQueue::put_back`] and [`TaskQueue::release`];
//! their return values are all that happens.
//!
//! Invariants, after every call:
//! 1. A task is in the queue or was returned to the caller, never both and never neither.
//! 2. Tasks leave in the order of their priority, and within one priority in the order they came.
//! 3. If tasks wait and pollers are parked, the rate limit is what keeps them apart, and
//!    [`TaskQueue::next_release`] says until when.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{meter::Meter, rate_limit::RateLimit};

/// A poller of one queue; the caller makes these unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PollerId(pub(crate) u64);

/// How urgent a task is: 1 is taken first, 5 last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PriorityKey(u8);

impl PriorityKey {
    /// The priority of a task that names none.
    pub(crate) const DEFAULT: Self = Self(3);

    /// From the protocol's `Priority.priority_key`: 0 means the default, others are clamped.
    pub(crate) fn from_proto(key: i32) -> Self {
        match key {
            0 => Self::DEFAULT,
            // In 1..=5, so it fits.
            key => Self(key.clamp(1, 5) as u8),
        }
    }
}

/// A task's place in its queue, kept so that a task that comes back does not lose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    priority: PriorityKey,
    sequence: u64,
    /// When the task was first offered.
    added: Duration,
}

/// A task on its way to a poller.
#[derive(Debug, PartialEq)]
pub(crate) struct Handover<T> {
    pub(crate) place: Place,
    pub(crate) task: T,
}

/// What [`TaskQueue::poll`] did.
#[derive(Debug, PartialEq)]
#[must_use]
pub(crate) enum Polled<T> {
    /// A task was waiting, and now belongs to the poller.
    Matched(Handover<T>),
    /// The poller waits; a later call may return it with a task.
    Parked,
}

/// A snapshot for DescribeTaskQueue.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stats {
    pub(crate) backlog: usize,
    pub(crate) oldest_age: Duration,
    pub(crate) adds_per_second: f32,
    pub(crate) dispatches_per_second: f32,
}

/// A queue of `T`s.
#[derive(Debug)]
pub(crate) struct TaskQueue<T> {
    tasks: BTreeMap<Place, T>,
    parked: VecDeque<PollerId>,
    next_sequence: u64,
    rate_limit: Option<RateLimit>,
    last_poll: Option<Duration>,
    added: Meter,
    dispatched: Meter,
}

impl<T> Default for TaskQueue<T> {
    fn default() -> Self {
        Self {
            tasks: BTreeMap::new(),
            parked: VecDeque::new(),
            next_sequence: 0,
            rate_limit: None,
            last_poll: None,
            added: Meter::default(),
            dispatched: Meter::default(),
        }
    }
}

impl<T> TaskQueue<T> {
    /// A new task. If a poller is parked and the rate allows, some task (the most urgent, not
    /// always this one) goes to it at once.
    #[must_use]
    pub(crate) fn offer(
        &mut self,
        task: T,
        priority: PriorityKey,
        now: Duration,
    ) -> Option<(PollerId, Handover<T>)> {
        let place = self.place(priority, now);
        self.tasks.insert(place, task);
        self.release(now)
    }

    /// A new task that goes to a parked poller at once, or not into the queue.
    ///
    /// # Errors
    /// Gives the task back if nobody is parked, others wait already, or the rate does not allow it.
    pub(crate) fn offer_now(
        &mut self,
        task: T,
        priority: PriorityKey,
        now: Duration,
    ) -> Result<(PollerId, Handover<T>), T> {
        let allowed = |limit: &mut RateLimit| limit.try_take(now);
        if self.parked.is_empty()
            || !self.tasks.is_empty()
            || !self.rate_limit.as_mut().is_none_or(allowed)
        {
            return Err(task);
        }
        let Some(poller) = self.unpark(now) else {
            return Err(task);
        };
        let place = self.place(priority, now);
        self.dispatched.count(now);
        Ok((poller, Handover { place, task }))
    }

    /// A task that a poller did not take after all: it gets its old place.
    #[must_use]
    pub(crate) fn put_back(
        &mut self,
        handover: Handover<T>,
        now: Duration,
    ) -> Option<(PollerId, Handover<T>)> {
        self.tasks.insert(handover.place, handover.task);
        // It was counted and paid for when it was handed over.
        if let Some(limit) = &mut self.rate_limit {
            limit.refund();
        }
        self.release(now)
    }

    /// A poller asks for a task.
    pub(crate) fn poll(&mut self, poller: PollerId, now: Duration) -> Polled<T> {
        self.last_poll = Some(now);
        match self.take(now) {
            Some(handover) => Polled::Matched(handover),
            None => {
                self.parked.push_back(poller);
                Polled::Parked
            }
        }
    }

    /// A parked poller went away. `false` if it was not parked.
    pub(crate) fn cancel(&mut self, poller: PollerId, now: Duration) -> bool {
        match self.parked.iter().position(|&parked| parked == poller) {
            Some(at) => {
                // Whoever waited until now was there until now: a worker that polls slowly is not absent.
                self.last_poll = Some(now);
                self.parked.remove(at);
                true
            }
            None => false,
        }
    }

    /// Pairs the most urgent task with the poller that has waited longest, if both are there and
    /// the rate allows. Called when [`TaskQueue::next_release`] has come, until it returns `None`.
    #[must_use]
    pub(crate) fn release(&mut self, now: Duration) -> Option<(PollerId, Handover<T>)> {
        if self.parked.is_empty() {
            return None;
        }
        let handover = self.take(now)?;
        let poller = self.unpark(now)?;
        Some((poller, handover))
    }

    /// Takes all waiting tasks out, in their order.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        std::mem::take(&mut self.tasks).into_values().collect()
    }

    /// Sets the most tasks per second that may leave the queue; the last worker to say so wins.
    pub(crate) fn limit_rate(&mut self, tasks_per_second: f64, now: Duration) {
        match &mut self.rate_limit {
            Some(limit) => limit.set(tasks_per_second, now),
            None => self.rate_limit = Some(RateLimit::new(tasks_per_second, now)),
        }
    }

    /// Forgets that anybody ever polled.
    pub(crate) fn forget_pollers(&mut self) {
        self.last_poll = None;
    }

    /// When to call [`TaskQueue::release`] because the rate limit lets the next task go.
    pub(crate) fn next_release(&self) -> Option<Duration> {
        if self.tasks.is_empty() || self.parked.is_empty() {
            return None;
        }
        self.rate_limit.as_ref()?.next()
    }

    /// Whether somebody polls now, or did within `recently`.
    pub(crate) fn has_poller(&self, recently: Duration, now: Duration) -> bool {
        !self.parked.is_empty()
            || self
                .last_poll
                .is_some_and(|at| now.saturating_sub(at) < recently)
    }

    /// Whether nothing waits on either side.
    pub(crate) fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.parked.is_empty()
    }

    /// How many tasks wait.
    pub(crate) fn backlog(&self) -> usize {
        self.tasks.len()
    }

    /// The most tasks per second that may leave, if a worker has set it.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.rate_limit.as_ref().map(RateLimit::rate)
    }

    /// What DescribeTaskQueue shows.
    pub(crate) fn stats(&self, now: Duration) -> Stats {
        let oldest = self.tasks.keys().map(|place| place.added).min();
        Stats {
            backlog: self.tasks.len(),
            oldest_age: oldest.map_or(Duration::ZERO, |added| now.saturating_sub(added)),
            adds_per_second: self.added.per_second(now),
            dispatches_per_second: self.dispatched.per_second(now),
        }
    }

    /// The poller that has waited longest.
    fn unpark(&mut self, now: Duration) -> Option<PollerId> {
        let poller = self.parked.pop_front()?;
        // Whoever waited until now was there until now.
        self.last_poll = Some(now);
        Some(poller)
    }

    /// The place of a task that comes now.
    fn place(&mut self, priority: PriorityKey, now: Duration) -> Place {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.added.count(now);
        Place {
            priority,
            sequence,
            added: now,
        }
    }

    fn take(&mut self, now: Duration) -> Option<Handover<T>> {
        let first = self.tasks.first_entry()?;
        if let Some(limit) = &mut self.rate_limit
            && !limit.try_take(now)
        {
            return None;
        }
        self.dispatched.count(now);
        let (place, task) = first.remove_entry();
        Some(Handover { place, task })
    }
}

#[cfg(test)]
#[path = "task_queue_tests.rs"]
mod tests;
