//! The clock of tests. It goes at the machine's pace, and jumps to what is due next whenever
//!
//! 1. jumping is allowed: nobody has locked it, and, if so configured, a client waits for a result;
//! 2. nothing is at work: no [`Hold`] is out;
//! 3. what was due before has been taken up: a sleeper stays registered until it has woken and has a
//!    hold of its own, so time cannot jump twice before the first jump has had its consequences.
//!
//! Rule 3 rests on everything that is due being known here the moment the last hold is dropped;
//! hence [`SkippingClock::set_alarm`], which the timer queue calls under its lock.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{config::TimeSkipping, history::time::Time};

/// See the module.
#[derive(Debug)]
pub(crate) struct SkippingClock {
    began: Time,
    began_at: Instant,
    state: Mutex<State>,
    /// Time has jumped, or the alarm was set anew.
    moved: Notify,
    /// The last hold was dropped.
    idle: Notify,
}

#[derive(Debug)]
struct State {
    /// By how much all jumps so far went ahead.
    ahead: Duration,
    locks: u32,
    only_while_waiting: bool,
    waiting: usize,
    holds: usize,
    /// When the timer queue is due next.
    alarm: Option<Time>,
    sleepers: BTreeSet<(Time, u64)>,
    next_sleeper: u64,
    /// That of the server that has taken the place of this clock's.
    next: Option<Arc<SkippingClock>>,
}

/// Something is at work, and time does not jump.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Hold(Option<Arc<SkippingClock>>);

/// A client waits for a result.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Waiting {
    clock: Option<Arc<SkippingClock>>,
    released: AtomicBool,
}

/// Jumping is not locked, so it cannot be unlocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotLocked;

impl SkippingClock {
    /// A clock that shows this time for now.
    pub(crate) fn new(mode: TimeSkipping, now: Time) -> Arc<Self> {
        Arc::new(Self {
            began: now,
            began_at: Instant::now(),
            state: Mutex::new(State {
                ahead: Duration::ZERO,
                locks: u32::from(mode == TimeSkipping::Locked),
                only_while_waiting: mode == TimeSkipping::WhileWaiting,
                waiting: 0,
                holds: 0,
                alarm: None,
                sleepers: BTreeSet::new(),
                next_sleeper: 0,
                next: None,
            }),
            moved: Notify::new(),
            idle: Notify::new(),
        })
    }

    /// A clock that goes on where this one is, for a server that takes the place of another. What is at work, and what is
    /// due next, is for that server to say, and time does not jump before the hold is dropped. Whoever sleeps, waits for a
    /// result, or has locked the clock does so by the new one from now on, and asks it for the time.
    pub(super) fn hand_over(&self) -> (Arc<Self>, Hold) {
        let mut state = self.state.lock();
        let next = Arc::new(Self {
            began: self.began,
            began_at: self.began_at,
            state: Mutex::new(State {
                ahead: state.ahead,
                locks: state.locks,
                only_while_waiting: state.only_while_waiting,
                waiting: state.waiting,
                holds: 0,
                alarm: None,
                sleepers: std::mem::take(&mut state.sleepers),
                next_sleeper: state.next_sleeper,
                next: None,
            }),
            moved: Notify::new(),
            idle: Notify::new(),
        });
        let hold = next.hold();
        state.next = Some(Arc::clone(&next));
        self.moved.notify_waiters();
        self.idle.notify_waiters();
        (next, hold)
    }

    /// Does something with this clock, or with the one that has taken its place.
    fn with_latest<T>(self: &Arc<Self>, act: impl FnOnce(&Arc<Self>, &mut State) -> T) -> T {
        let mut clock = Arc::clone(self);
        loop {
            let next = {
                let mut state = clock.state.lock();
                match &state.next {
                    Some(next) => Arc::clone(next),
                    None => return act(&clock, &mut state),
                }
            };
            clock = next;
        }
    }

    fn latest(self: &Arc<Self>) -> Arc<Self> {
        self.with_latest(|clock, _| Arc::clone(clock))
    }

    pub(crate) fn now(self: &Arc<Self>) -> Time {
        self.with_latest(|clock, state| clock.time(state))
    }

    fn time(&self, state: &State) -> Time {
        self.began.after(self.elapsed()).after(state.ahead)
    }

    /// How long it has gone at the machine's pace. A server that is fuzzed does not: what falls due would
    /// depend on how fast the machine is.
    fn elapsed(&self) -> Duration {
        match cfg!(fuzzing) {
            true => Duration::ZERO,
            false => self.began_at.elapsed(),
        }
    }

    /// Lets that much time pass, whatever is at work.
    #[cfg(fuzzing)]
    pub(crate) fn pass(self: &Arc<Self>, duration: Duration) {
        self.with_latest(|clock, state| {
            state.ahead += duration;
            clock.moved.notify_waiters();
        });
    }

    /// One lock more: time goes at the machine's pace.
    pub(crate) fn lock(self: &Arc<Self>) {
        self.with_latest(|_, state| state.locks += 1);
    }

    /// One lock less.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn unlock(self: &Arc<Self>) -> Result<(), NotLocked> {
        self.with_latest(|clock, state| {
            state.locks = state.locks.checked_sub(1).ok_or(NotLocked)?;
            clock.jump(state);
            Ok(())
        })
    }

    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.state.lock().holds += 1;
        Hold(Some(Arc::clone(self)))
    }

    pub(crate) fn wait_for_result(self: &Arc<Self>) -> Waiting {
        self.with_latest(|clock, state| {
            state.waiting += 1;
            clock.jump(state);
        });
        Waiting {
            clock: Some(Arc::clone(self)),
            released: AtomicBool::new(false),
        }
    }

    /// Waits until nothing is at work, and nothing is due that somebody has yet to take up.
    pub(crate) async fn idle(self: &Arc<Self>) {
        loop {
            let clock = self.latest();
            let idle = clock.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            {
                let state = clock.state.lock();
                let is_due = state.alarm.is_some_and(|at| at <= clock.time(&state));
                match (&state.next, state.holds) {
                    (Some(_), _) => continue,
                    (None, 0) if !is_due => return,
                    _ => {}
                }
            }
            idle.await;
        }
    }

    /// Says when the timer queue is due next.
    pub(crate) fn set_alarm(&self, at: Option<Time>) {
        let mut state = self.state.lock();
        if state.alarm != at {
            state.alarm = at;
            self.moved.notify_waiters();
            if state.holds == 0 {
                self.idle.notify_waiters();
            }
            self.jump(&mut state);
        }
    }

    /// Waits until the alarm is due. Whoever takes up what is due sets the next alarm before the
    /// hold is dropped.
    pub(crate) async fn alarm(self: &Arc<Self>) -> Hold {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let wait = {
                let mut state = self.state.lock();
                let now = self.time(&state);
                match state.alarm {
                    Some(at) if at <= now => {
                        state.holds += 1;
                        return Hold(Some(Arc::clone(self)));
                    }
                    alarm => alarm.map(|at| at.since(now)),
                }
            };
            match wait {
                Some(wait) => tokio::select! {
                    () = moved => {}
                    () = at_the_pace_of_the_machine(wait) => {}
                },
                None => moved.await,
            }
        }
    }

    /// Waits until the clock shows `time`, and lets it jump there.
    pub(crate) async fn sleep_until(self: &Arc<Self>, time: Time) -> Hold {
        self.sleeper(time).reached().await
    }

    /// Registers somebody who sleeps until `time`. Whoever allows time to jump for it does so after
    /// this: before, time would jump past it to what is due later.
    pub(crate) fn sleeper(self: &Arc<Self>, time: Time) -> Sleeper<'_> {
        let entry = self.with_latest(|clock, state| {
            let entry = (time, state.next_sleeper);
            state.next_sleeper += 1;
            state.sleepers.insert(entry);
            clock.jump(state);
            entry
        });
        Sleeper { clock: self, entry }
    }

    pub(super) async fn passes(self: &Arc<Self>, time: Time) {
        loop {
            let clock = self.latest();
            let moved = clock.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            let now = {
                let state = clock.state.lock();
                if state.next.is_some() {
                    continue;
                }
                clock.time(&state)
            };
            if time <= now {
                return;
            }
            tokio::select! {
                () = moved => {}
                () = at_the_pace_of_the_machine(time.since(now)) => {}
            }
        }
    }

    /// Jumps, if the rules allow it.
    fn jump(&self, state: &mut State) {
        let allowed = state.locks == 0 && (!state.only_while_waiting || state.waiting > 0);
        if !allowed || state.holds > 0 {
            return;
        }
        let sleeper = state.sleepers.first().map(|(at, _)| *at);
        let Some(next) = sleeper.into_iter().chain(state.alarm).min() else {
            return;
        };
        let now = self.time(state);
        if next > now {
            state.ahead += next.since(now);
            self.moved.notify_waiters();
        }
    }
}

/// Waits for as long as time takes for this without a jump; see [`SkippingClock::elapsed`].
async fn at_the_pace_of_the_machine(wait: Duration) {
    match cfg!(fuzzing) {
        true => std::future::pending().await,
        false => tokio::time::sleep(wait).await,
    }
}

/// Somebody who sleeps.
#[must_use]
pub(crate) struct Sleeper<'c> {
    clock: &'c Arc<SkippingClock>,
    entry: (Time, u64),
}

impl Sleeper<'_> {
    /// Waits until it is time.
    pub(crate) async fn reached(self) -> Hold {
        self.clock.passes(self.entry.0).await;
        // Before the entry goes, so that time does not jump on.
        self.clock.latest().hold()
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.with_latest(|clock, state| {
            state.sleepers.remove(&self.entry);
            clock.jump(state);
        });
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(clock) = &self.0 else { return };
        let mut state = clock.state.lock();
        state.holds -= 1;
        if state.holds == 0 {
            clock.idle.notify_waiters();
            clock.jump(&mut state);
        }
    }
}

impl Waiting {
    /// What was waited for is there, though the one who waits may not know it yet.
    pub(crate) fn release(&self) {
        let Some(clock) = &self.clock else { return };
        if !self.released.swap(true, Ordering::Relaxed) {
            clock.with_latest(|_, state| state.waiting -= 1);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_nanos(1_700_000_000_000_000_000);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[tokio::test]
    async fn what_is_due_and_not_taken_up_is_at_work() {
        let clock = SkippingClock::new(TimeSkipping::Unlocked, NOW);
        let at = clock.now().after(DAY);
        clock.set_alarm(Some(at));
        drop(clock.sleep_until(at).await);
        let idle = clock.idle();
        tokio::pin!(idle);
        tokio::select! {
            biased;
            () = &mut idle => unreachable!("the alarm is due"),
            () = tokio::task::yield_now() => {}
        }
        let taken_up = clock.alarm().await;
        clock.set_alarm(None);
        drop(taken_up);
        idle.await;
    }

    #[tokio::test]
    async fn sleepers_wake_in_order_and_one_at_a_time() {
        let clock = SkippingClock::new(TimeSkipping::Unlocked, NOW);
        let start = clock.now();
        let first = clock.hold();
        let late = {
            let clock = Arc::clone(&clock);
            tokio::spawn(async move {
                drop(clock.sleep_until(start.after(DAY * 2)).await);
                clock.now()
            })
        };
        let early = {
            let clock = Arc::clone(&clock);
            tokio::spawn(async move {
                let hold = clock.sleep_until(start.after(DAY)).await;
                tokio::task::yield_now().await;
                let now = clock.now();
                drop(hold);
                now
            })
        };
        tokio::task::yield_now().await;
        drop(first);
        let early = early.await.expect("it does not panic");
        let late = late.await.expect("it does not panic");
        assert!(early >= start.after(DAY) && early < start.after(DAY * 2));
        assert!(late >= start.after(DAY * 2));
    }

    #[tokio::test]
    async fn locks_are_counted() {
        let clock = SkippingClock::new(TimeSkipping::Locked, NOW);
        let start = clock.now();
        let sleep = clock.sleep_until(start.after(DAY));
        tokio::pin!(sleep);
        clock.lock();
        assert_eq!(clock.unlock(), Ok(()));
        tokio::select! {
            biased;
            _ = &mut sleep => unreachable!("a lock is left, and a day does not pass so soon"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(clock.unlock(), Ok(()));
        drop(sleep.await);
        assert!(clock.now() >= start.after(DAY));
        assert_eq!(clock.unlock(), Err(NotLocked));
    }

    #[tokio::test]
    async fn whoever_sleeps_sleeps_on_by_the_next_clock() {
        let clock = SkippingClock::new(TimeSkipping::WhileWaiting, NOW);
        let start = clock.now();
        let _never_ends = clock.hold();
        let sleeper = clock.sleeper(start.after(DAY));
        let _waiting = clock.wait_for_result();
        let sleep = sleeper.reached();
        tokio::pin!(sleep);
        tokio::select! {
            biased;
            _ = &mut sleep => unreachable!("something is at work"),
            () = tokio::task::yield_now() => {}
        }
        let (next, recovering) = clock.hand_over();
        tokio::select! {
            biased;
            _ = &mut sleep => unreachable!("nobody knows yet what is due"),
            () = tokio::task::yield_now() => {}
        }
        let due = start.after(DAY / 2);
        next.set_alarm(Some(due));
        drop(recovering);
        let taken_up = next.alarm().await;
        assert!((due..start.after(DAY)).contains(&clock.now()));
        next.set_alarm(None);
        drop(taken_up);
        drop(sleep.await);
        assert!(clock.now() >= start.after(DAY));
        clock.idle().await;
    }

    #[tokio::test]
    async fn time_jumps_only_while_somebody_waits() {
        let clock = SkippingClock::new(TimeSkipping::WhileWaiting, NOW);
        let due = clock.now().after(DAY);
        clock.set_alarm(Some(due));
        assert!(clock.now() < due);
        let waiting = clock.wait_for_result();
        let hold = clock.alarm().await;
        waiting.release();
        clock.set_alarm(Some(due.after(DAY)));
        drop(hold);
        assert!(clock.now() < due.after(DAY));
        clock.idle().await;
    }
}
