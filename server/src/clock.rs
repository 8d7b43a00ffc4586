//! Server time: the one place where the server asks what time it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::history::time::Time;

/// What the server takes for the time.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The time of the machine.
    #[default]
    System,
}

impl Clock {
    /// The time now.
    pub(crate) fn now(&self) -> Time {
        match self {
            Self::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
                let nanos = since_epoch.unwrap_or(Duration::ZERO).as_nanos();
                Time::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
            }
        }
    }

    /// Waits until the clock shows `time`.
    pub(crate) async fn sleep_until(&self, time: Time) {
        match self {
            Self::System => tokio::time::sleep(time.since(self.now())).await,
        }
    }
}
