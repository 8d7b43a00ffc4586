//! Server time: the one place where the server asks what time it is.

mod clocks;
mod skipping;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{config::Config, history::time::Time};

pub(crate) use clocks::Clocks;
pub(crate) use skipping::{Hold, NotLocked, SkippingClock, Waiting};

/// What the server takes for the time.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The time of the machine.
    #[default]
    System,
    /// A time that jumps to what is due next while nothing is at work.
    Skipping(Arc<SkippingClock>),
}

impl Clock {
    /// A clock that starts now, or when the configuration says.
    fn start(config: &Config) -> Self {
        let Some(mode) = config.time_skipping else {
            return Self::System;
        };
        let now = config.starts_at.map_or_else(system_now, instant);
        Self::Skipping(SkippingClock::new(mode, now))
    }

    /// The same time, for a server that takes the place of another; it does not jump before the hold is dropped.
    fn hand_over(&self) -> (Self, Hold) {
        match self {
            Self::System => (Self::System, Hold::default()),
            Self::Skipping(clock) => {
                let (next, hold) = clock.hand_over();
                (Self::Skipping(next), hold)
            }
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Time {
        match self {
            Self::System => system_now(),
            Self::Skipping(clock) => clock.now(),
        }
    }

    /// Waits until the clock shows `time`; for chores, to which time never jumps.
    pub(crate) async fn passes(&self, time: Time) {
        match self {
            Self::System => tokio::time::sleep(time.since(self.now())).await,
            Self::Skipping(clock) => clock.passes(time).await,
        }
    }

    /// Says that something is at work: time does not jump until what is returned is dropped.
    pub(crate) fn hold(&self) -> Hold {
        match self {
            Self::System => Hold::default(),
            Self::Skipping(clock) => clock.hold(),
        }
    }

    /// Says that a client waits for a result: a clock that jumps only then may do so, until what is
    /// returned is released or dropped.
    pub(crate) fn wait_for_result(&self) -> Waiting {
        match self {
            Self::System => Waiting::default(),
            Self::Skipping(clock) => clock.wait_for_result(),
        }
    }
}

fn system_now() -> Time {
    instant(SystemTime::now())
}

/// Server time has no instants before the epoch.
fn instant(time: SystemTime) -> Time {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
}
