//! Wakes runs when something in them is due. A timer never changes state itself: it sends a
//! request to the run, which looks what is due.
//!
//! With the system's clock a run's entry moves only to an instant that is earlier, and goes when nothing
//! is due in the run any more, as when it closes; it looks again whenever it is woken. A clock that jumps
//! must not jump to an instant at which nothing is due any more: with it every run has exactly one entry,
//! that of its next deadline.

use std::{collections::BTreeSet, sync::Arc};

use foldhash::HashMap;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use crate::{
    clock::{Clock, Clocks, Hold},
    history::{ids::RunKey, time::Time},
};

/// A queue for each clock there is.
#[derive(Debug)]
pub(crate) struct TimerQueues {
    clocks: Clocks,
    common: Arc<TimerQueue>,
    /// Those of namespaces with a clock of their own, by the namespace's id.
    own: Mutex<HashMap<Arc<str>, Arc<TimerQueue>>>,
    /// Gets every queue once, for somebody who waits for what is due in it.
    made: mpsc::UnboundedSender<Arc<TimerQueue>>,
}

impl TimerQueues {
    pub(crate) fn new(clocks: Clocks, made: mpsc::UnboundedSender<Arc<TimerQueue>>) -> Self {
        let common = Arc::new(TimerQueue::new(clocks.common().clone()));
        let this = Self {
            clocks,
            common,
            own: Mutex::default(),
            made,
        };
        this.announce(&this.common);
        this
    }

    /// The queue for the runs of a namespace.
    pub(crate) fn of(&self, namespace_id: &Arc<str>) -> Arc<TimerQueue> {
        let Some(clock) = self.clocks.own_of(namespace_id) else {
            return Arc::clone(&self.common);
        };
        let mut own = self.own.lock();
        let queue = own.entry(Arc::clone(namespace_id)).or_insert_with(|| {
            let queue = Arc::new(TimerQueue::new(clock));
            self.announce(&queue);
            queue
        });
        Arc::clone(queue)
    }

    fn announce(&self, queue: &Arc<TimerQueue>) {
        // Nobody waits for anything if the server stops.
        let _ = self.made.send(Arc::clone(queue));
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct TimerQueue {
    clock: Clock,
    entries: Mutex<Entries>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    by_time: BTreeSet<(Time, RunKey)>,
    /// Each run's entry; kept only with a clock that jumps.
    of_run: HashMap<RunKey, Time>,
}

impl Entries {
    fn first(&self) -> Option<Time> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Makes `at` the run's only entry.
    fn replace(&mut self, run: &RunKey, at: Option<Time>) {
        let before = match at {
            Some(at) => self.of_run.insert(run.clone(), at),
            None => self.of_run.remove(run),
        };
        if let Some(before) = before {
            self.by_time.remove(&(before, run.clone()));
        }
        self.by_time.extend(at.map(|at| (at, run.clone())));
    }
}

impl TimerQueue {
    fn new(clock: Clock) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
            earlier: Notify::new(),
        }
    }

    /// Moves the run's entry, for the system's clock: the run remembers when it is.
    pub(crate) fn shift(&self, run: &RunKey, before: Option<Time>, at: Option<Time>) {
        let first = {
            let mut entries = self.entries.lock();
            if let Some(before) = before {
                entries.by_time.remove(&(before, run.clone()));
            }
            let first = at.is_some_and(|at| entries.first().is_none_or(|next| at < next));
            entries.by_time.extend(at.map(|at| (at, run.clone())));
            first
        };
        if first {
            self.earlier.notify_one();
        }
    }

    /// Wakes the run at that time, and at no other, whatever was said before: for a clock that jumps.
    pub(crate) fn replace(&self, run: &RunKey, at: Option<Time>) {
        let mut entries = self.entries.lock();
        if entries.of_run.get(run).copied() == at {
            return;
        }
        entries.replace(run, at);
        if let Clock::Skipping(clock) = &self.clock {
            clock.set_alarm(entries.first());
        }
    }

    /// Waits until a run is due, and takes all that are. Time does not jump before they are woken and
    /// the hold is dropped.
    pub(crate) async fn due(&self) -> (Vec<RunKey>, Hold) {
        loop {
            let hold = match &self.clock {
                Clock::System => Hold::default(),
                Clock::Skipping(clock) => clock.alarm().await,
            };
            let (due, next) = self.take_due();
            if !due.is_empty() {
                return (due, hold);
            }
            match (&self.clock, next) {
                (Clock::Skipping(_), _) => {}
                (Clock::System, None) => self.earlier.notified().await,
                (Clock::System, Some(at)) => tokio::select! {
                    () = self.clock.passes(at) => {}
                    () = self.earlier.notified() => {}
                },
            }
        }
    }

    /// The runs that are due now, and when the next one is.
    fn take_due(&self) -> (Vec<RunKey>, Option<Time>) {
        let mut entries = self.entries.lock();
        let now = self.clock.now();
        let mut due = Vec::new();
        while entries.first().is_some_and(|at| at <= now) {
            let Some((_, run)) = entries.by_time.pop_first() else {
                break;
            };
            entries.of_run.remove(&run);
            due.push(run);
        }
        let next = entries.first();
        if let Clock::Skipping(clock) = &self.clock {
            clock.set_alarm(next);
        }
        (due, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::ids::WorkflowKey;

    #[test]
    fn a_run_has_one_entry_and_none_when_nothing_is_due() {
        let workflow = WorkflowKey {
            namespace_id: "ns".into(),
            workflow_id: "w".into(),
        };
        let run = workflow.run("run");
        let at = |second: i64| Some(Time::from_nanos(second * 1_000_000_000));
        let queue = TimerQueue::new(Clock::System);
        let entries = || {
            queue
                .entries
                .lock()
                .by_time
                .iter()
                .cloned()
                .collect::<Vec<_>>()
        };
        queue.shift(&run, None, at(20));
        queue.shift(&run, at(20), at(10));
        assert_eq!(entries(), [(Time::from_nanos(10_000_000_000), run.clone())]);
        queue.shift(&run, at(10), None);
        assert_eq!(entries(), []);
    }
}
