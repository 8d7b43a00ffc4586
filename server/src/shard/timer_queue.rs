//! Wakes runs when something in them is due. A timer never changes state itself: it sends a
//! request to the run, which looks what is due.
//!
//! A run is in the queue at most a few times: it enters anew only for an instant earlier than those
//! it is waiting for, and looks again whenever it is woken.

use std::{cmp::Reverse, collections::BinaryHeap};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    history::{ids::RunKey, time::Time},
};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TimerQueue {
    heap: Mutex<BinaryHeap<Reverse<(Time, RunKey)>>>,
    earlier: Notify,
}

impl TimerQueue {
    /// Wakes the run at that time.
    pub(crate) fn add(&self, at: Time, run: RunKey) {
        let first = {
            let mut heap = self.heap.lock();
            let first = heap.peek().is_none_or(|Reverse((next, _))| at < *next);
            heap.push(Reverse((at, run)));
            first
        };
        if first {
            self.earlier.notify_one();
        }
    }

    /// Waits until a run is due, and takes all that are.
    pub(crate) async fn due(&self, clock: &Clock) -> Vec<RunKey> {
        loop {
            let next = {
                let mut heap = self.heap.lock();
                let now = clock.now();
                let mut due = Vec::new();
                while heap.peek().is_some_and(|Reverse((at, _))| *at <= now) {
                    due.extend(heap.pop().map(|Reverse((_, run))| run));
                }
                if !due.is_empty() {
                    return due;
                }
                heap.peek().map(|Reverse((at, _))| *at)
            };
            match next {
                Some(at) => tokio::select! {
                    () = clock.sleep_until(at) => {}
                    () = self.earlier.notified() => {}
                },
                None => self.earlier.notified().await,
            }
        }
    }
}
