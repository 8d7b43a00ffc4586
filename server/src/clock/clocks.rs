//! Which clock a namespace goes by. Usually there is one for all; in tests a namespace may have one of its own, so that
//! those who share a server need not share its time.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::config::Config;

use super::{Clock, Hold};

/// See the module. Clones are the same clocks.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    /// That of every namespace without one of its own.
    common: Clock,
    /// How clocks are made, and whether every namespace has its own.
    config: Config,
    /// By the namespace's id.
    own: Arc<Mutex<HashMap<Arc<str>, Clock>>>,
}

impl Clocks {
    /// Clocks that start now, or when the configuration says.
    pub(crate) fn start(config: &Config) -> Self {
        Self {
            common: Clock::start(config),
            config: config.clone(),
            own: Arc::default(),
        }
    }

    /// The same times, for a server that takes the place of another; they do not jump before what is returned too is
    /// dropped.
    pub(crate) fn hand_over(&self) -> (Self, Vec<Hold>) {
        let (common, held) = self.common.hand_over();
        let mut holds = vec![held];
        let own = self.own.lock();
        let own = own.iter().map(|(id, it)| {
            let (next, held) = it.hand_over();
            holds.push(held);
            (Arc::clone(id), next)
        });
        let next = Self {
            common,
            own: Arc::new(Mutex::new(own.collect())),
            config: self.config.clone(),
        };
        (next, holds)
    }

    /// The clock of a namespace.
    pub(crate) fn of(&self, namespace_id: &Arc<str>) -> Clock {
        let own = self.own_of(namespace_id);
        own.unwrap_or_else(|| self.common.clone())
    }

    /// The namespace's own clock, if it is to have one.
    pub(crate) fn own_of(&self, namespace_id: &Arc<str>) -> Option<Clock> {
        self.config.time_skipping?;
        let mut own = self.own.lock();
        if self.config.clock_per_namespace && !own.contains_key(namespace_id) {
            own.insert(Arc::clone(namespace_id), Clock::start(&self.config));
        }
        own.get(namespace_id).cloned()
    }

    /// Gives a namespace a clock of its own, which starts as the first one did, before anything is in the namespace. Where
    /// time is real there is only one.
    pub(crate) fn set_apart(&self, namespace_id: &Arc<str>) {
        if self.config.time_skipping.is_some() {
            let clock = Clock::start(&self.config);
            self.own.lock().insert(Arc::clone(namespace_id), clock);
        }
    }

    /// The clock of what is no namespace's business.
    pub(crate) fn common(&self) -> &Clock {
        &self.common
    }

    /// Stops all of them from jumping until what is returned is dropped.
    pub(crate) fn hold(&self) -> Vec<Hold> {
        let own = self.own.lock();
        let all = own.values().chain([&self.common]);
        all.map(Clock::hold).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{clock::SkippingClock, config::TimeSkipping};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn skipping(clock: Clock) -> Arc<SkippingClock> {
        match clock {
            Clock::Skipping(clock) => clock,
            Clock::System => panic!("it does not skip"),
        }
    }

    #[tokio::test]
    async fn a_namespace_that_is_set_apart_shares_its_time_with_nobody() {
        let clocks = Clocks::start(&Config::for_tests(TimeSkipping::Unlocked));
        let [first, second, apart] = ["1", "2", "3"].map(Arc::<str>::from);
        clocks.set_apart(&apart);
        let start = clocks.common().now();
        drop(
            skipping(clocks.of(&first))
                .sleep_until(start.after(DAY))
                .await,
        );
        assert!(clocks.of(&second).now() >= start.after(DAY));
        assert!(clocks.of(&apart).now() < start.after(DAY));
        let held = clocks.hold();
        let sleep = skipping(clocks.of(&apart));
        let sleep = sleep.sleep_until(start.after(DAY));
        tokio::pin!(sleep);
        tokio::select! {
            biased;
            _ = &mut sleep => unreachable!("all are held"),
            () = tokio::task::yield_now() => {}
        }
        drop(held);
        drop(sleep.await);
        // Another server goes on where this one was.
        let (next, _) = clocks.hand_over();
        assert!(next.of(&apart).now() >= start.after(DAY));
    }

    #[test]
    fn all_may_be_apart() {
        let clocks = Clocks::start(&Config {
            clock_per_namespace: true,
            ..Config::for_tests(TimeSkipping::Locked)
        });
        let [first, second] = ["1", "2"].map(Arc::<str>::from);
        let of_first = skipping(clocks.of(&first));
        assert!(Arc::ptr_eq(&of_first, &skipping(clocks.of(&first))));
        assert!(!Arc::ptr_eq(&of_first, &skipping(clocks.of(&second))));
    }
}
