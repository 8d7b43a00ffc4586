//! Control of a server's clock by the program that has the server in it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    clock::{SkippingClock, Waiting},
    history::time::Time,
};

/// How long a step of time waits for those who have been given work by it. Whoever takes longer, or a
/// task for which there is no worker, is not waited for.
const SETTLE: Duration = Duration::from_secs(1);

/// The clock of a server whose time can be skipped; see
/// [`Config::for_tests`](crate::Config::for_tests).
#[derive(Clone, Debug)]
pub struct TimeControl(pub(crate) Arc<SkippingClock>);

/// Time that passes; see [`TimeControl::passing`].
#[derive(Debug)]
pub struct Passing(#[allow(dead_code)] Waiting);

impl TimeControl {
    /// The server's time.
    pub fn now(&self) -> SystemTime {
        let nanos = u64::try_from(self.0.now().nanos()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_nanos(nanos)
    }

    /// Lets `duration` pass at once, or, while something is at work, at the machine's pace. Everything
    /// that falls due in between happens at its time. Returns when workers have done the workflow
    /// tasks that came of it, unless that takes them more than a second.
    pub async fn advance(&self, duration: Duration) {
        self.advance_to(self.0.now().after(duration)).await;
    }

    /// The same, until the clock shows `time`.
    pub async fn advance_until(&self, time: SystemTime) {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.advance_to(Time::from_nanos(0).after(since_epoch))
            .await;
    }

    async fn advance_to(&self, time: Time) {
        // What has been given to workers before belongs to the time before.
        self.settle().await;
        let sleeper = self.0.sleeper(time);
        let waiting = self.0.wait_for_result();
        let hold = sleeper.reached().await;
        drop(waiting);
        drop(hold);
        self.settle().await;
    }

    /// Returns when nothing is at work: workers have done their workflow tasks and activities, as far as they can be done
    /// without that time is skipped; or after a second, if they take longer.
    pub async fn settle(&self) {
        // That somebody is still at work then is no error.
        let _ = tokio::time::timeout(SETTLE, self.0.idle()).await;
    }

    /// Lets time be skipped while the value lives, as while somebody waits for the result of a workflow.
    #[must_use = "time is skipped until it is dropped"]
    pub fn passing(&self) -> Passing {
        Passing(self.0.wait_for_result())
    }

    /// Keeps time from being skipped, until it is unlocked as often.
    pub fn lock(&self) {
        self.0.lock();
    }

    /// Takes one lock back. Returns whether there was one.
    pub fn unlock(&self) -> bool {
        self.0.unlock().is_ok()
    }
}
