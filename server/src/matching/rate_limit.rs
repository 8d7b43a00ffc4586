//! A token bucket: so many tasks per second, and never more than a second's worth at once.

use std::time::Duration;

/// How long a rate of zero makes a task wait before the next look. A worker that raises the rate
/// also wakes the queue, so this only bounds what is spent on looking.
const STOPPED: Duration = Duration::from_secs(60);

/// Tasks per second, and how many may go now.
#[derive(Clone, Debug)]
pub(super) struct RateLimit {
    rate: f64,
    tokens: f64,
    /// When `tokens` was right.
    at: Duration,
}

impl RateLimit {
    pub(super) fn new(rate: f64, now: Duration) -> Self {
        let rate = sane(rate);
        Self {
            rate,
            tokens: burst(rate),
            at: now,
        }
    }

    /// Changes the rate; what has been saved up is kept, up to the new bound.
    pub(super) fn set(&mut self, rate: f64, now: Duration) {
        self.refill(now);
        self.rate = sane(rate);
        self.tokens = self.tokens.min(burst(self.rate));
    }

    /// Takes one task's worth, if it is there.
    pub(super) fn try_take(&mut self, now: Duration) -> bool {
        self.refill(now);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    /// Gives back what a task took that did not leave after all.
    pub(super) fn refund(&mut self) {
        self.tokens = (self.tokens + 1.0).min(burst(self.rate));
    }

    /// When a task may go next, as of the last call.
    pub(super) fn next(&self) -> Option<Duration> {
        let missing = 1.0 - self.tokens;
        if missing <= 0.0 {
            return Some(self.at);
        }
        let wait = Duration::try_from_secs_f64(missing / self.rate).unwrap_or(STOPPED);
        // Rounded up, so that the token is really there when the time has come.
        Some(self.at + wait.min(STOPPED) + Duration::from_micros(1))
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at);
        self.tokens = (self.tokens + passed.as_secs_f64() * self.rate).min(burst(self.rate));
        self.at = self.at.max(now);
    }
}

/// A rate below zero, or none at all, stops the queue like zero does.
fn sane(rate: f64) -> f64 {
    if rate > 0.0 { rate } else { 0.0 }
}

/// A slow queue still lets whole tasks go; a stopped one lets none go.
fn burst(rate: f64) -> f64 {
    if rate > 0.0 { rate.max(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(limit: &mut RateLimit, millis: u64) -> usize {
        let now = Duration::from_millis(millis);
        std::iter::repeat_with(|| limit.try_take(now))
            .take_while(|&taken| taken)
            .count()
    }

    #[test]
    fn a_second_s_worth_goes_at_once_and_then_the_rate() {
        let mut limit = RateLimit::new(10.0, Duration::ZERO);
        assert_eq!(taken(&mut limit, 0), 10);
        assert_eq!(taken(&mut limit, 50), 0);
        assert_eq!(
            limit.next(),
            Some(Duration::from_millis(100) + Duration::from_micros(1))
        );
        assert_eq!(taken(&mut limit, 101), 1);
        assert_eq!(taken(&mut limit, 60_000), 10);
    }

    #[test]
    fn a_slow_rate_still_lets_whole_tasks_go() {
        let mut limit = RateLimit::new(0.5, Duration::ZERO);
        assert_eq!(taken(&mut limit, 0), 1);
        assert_eq!(taken(&mut limit, 1_000), 0);
        assert_eq!(taken(&mut limit, 2_001), 1);
    }

    #[test]
    fn zero_and_nonsense_stop_the_queue() {
        for rate in [0.0, -1.0, f64::NAN] {
            let mut limit = RateLimit::new(rate, Duration::ZERO);
            assert_eq!(taken(&mut limit, 100_000), 0);
            assert!(limit.next().is_some_and(|at| at > Duration::from_secs(100)));
        }
    }

    #[test]
    fn a_refund_can_be_taken_again() {
        let mut limit = RateLimit::new(1.0, Duration::ZERO);
        assert_eq!(taken(&mut limit, 0), 1);
        limit.refund();
        assert_eq!(taken(&mut limit, 0), 1);
    }
}
