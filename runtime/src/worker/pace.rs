//! How many activities a worker starts in a second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets one pass from time to time.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    /// When the next one may pass.
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn per_second(rate: f64) -> Self {
        Self {
            interval: Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits until one could pass, without passing: who polls only then keeps no task from other workers.
    pub(super) async fn may_pass(&self) {
        let next = *self.next();
        tokio::time::sleep_until(next).await;
    }

    /// Passes, at its time.
    pub(super) async fn pass(&self) {
        let turn = {
            let mut next = self.next();
            let turn = (*next).max(Instant::now());
            *next = turn.checked_add(self.interval).unwrap_or(turn);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }

    fn next(&self) -> MutexGuard<'_, Instant> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_passes_before_their_time() {
        let pace = Pace::per_second(4.0);
        let since = Instant::now();
        for turn in 0..5 {
            pace.may_pass().await;
            pace.pass().await;
            // Timers are exact to the millisecond.
            assert_eq!(since.elapsed().as_millis(), turn * 250);
        }
        // Time in which nobody came is not made up for.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let since = Instant::now();
        for _ in 0..3 {
            pace.pass().await;
        }
        assert_eq!(since.elapsed().as_millis(), 500);
    }
}
