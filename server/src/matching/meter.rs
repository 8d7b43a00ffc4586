//! Events per second over the last half minute.

use std::time::Duration;

/// One bucket a second, so that what falls out of the window does so smoothly.
const WINDOW: usize = 30;

/// Counts events in one-second buckets.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    buckets: [u32; WINDOW],
    /// The second that was counted last.
    last: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            buckets: [0; WINDOW],
            last: 0,
        }
    }
}

impl Meter {
    /// One event, at `now`.
    pub(super) fn count(&mut self, now: Duration) {
        let second = now.as_secs();
        let missed = second.saturating_sub(self.last).min(WINDOW as u64);
        for back in 0..missed {
            self.buckets[Self::bucket(second - back)] = 0;
        }
        self.last = self.last.max(second);
        let bucket = &mut self.buckets[Self::bucket(second)];
        *bucket = bucket.saturating_add(1);
    }

    /// The mean over the window that ends at `now`.
    pub(super) fn per_second(&self, now: Duration) -> f32 {
        let idle = now.as_secs().saturating_sub(self.last);
        let counted = (WINDOW as u64).saturating_sub(idle);
        let sum: u32 = (0..counted)
            .filter_map(|back| self.last.checked_sub(back))
            .map(|second| self.buckets[Self::bucket(second)])
            .sum();
        sum as f32 / WINDOW as f32
    }

    fn bucket(second: u64) -> usize {
        // The remainder is below WINDOW.
        (second % WINDOW as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn the_mean_covers_the_last_half_minute() {
        let mut meter = Meter::default();
        for second in 100..130 {
            meter.count(at(second));
            meter.count(at(second));
        }
        assert_eq!(meter.per_second(at(129)), 2.0);
        assert_eq!(meter.per_second(at(144)), 1.0);
        assert_eq!(meter.per_second(at(159)), 0.0);
        assert_eq!(meter.per_second(at(10_000)), 0.0);
    }

    #[test]
    fn a_long_pause_leaves_nothing_of_what_was_before_it() {
        let mut meter = Meter::default();
        for _ in 0..90 {
            meter.count(at(5));
        }
        meter.count(at(500));
        assert_eq!(meter.per_second(at(500)), 1.0 / 30.0);
    }
}
