//! Server time in the core: an instant is an argument, never read from a clock.

use std::time::Duration;

use mainspring_proto::prost_types;

/// An instant of server time, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(i64);

impl Time {
    /// Used where the protocol has no value.
    pub const ZERO: Self = Self(0);

    /// The instant `nanos` after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The instant of a protobuf timestamp; out-of-range values saturate.
    pub fn from_proto(timestamp: &prost_types::Timestamp) -> Self {
        Self(
            timestamp
                .seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(i64::from(timestamp.nanos)),
        )
    }

    /// The protobuf form.
    pub fn to_proto(self) -> prost_types::Timestamp {
        prost_types::Timestamp {
            seconds: self.0.div_euclid(1_000_000_000),
            nanos: self.0.rem_euclid(1_000_000_000) as i32,
        }
    }

    /// The protobuf form, or nothing for [`Time::ZERO`].
    pub fn to_proto_if_set(self) -> Option<prost_types::Timestamp> {
        (self != Self::ZERO).then(|| self.to_proto())
    }

    /// This instant, `duration` later; saturates at the end of time.
    pub fn after(self, duration: Duration) -> Self {
        let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A protobuf duration as the core uses it: absent and negative are zero, which means "not set".
pub fn duration(proto: &Option<prost_types::Duration>) -> Duration {
    let Some(proto) = proto else {
        return Duration::ZERO;
    };
    let nanos = i128::from(proto.seconds) * 1_000_000_000 + i128::from(proto.nanos);
    match u64::try_from(nanos) {
        Ok(nanos) => Duration::from_nanos(nanos),
        Err(_) if nanos > 0 => Duration::from_nanos(u64::MAX),
        Err(_) => Duration::ZERO,
    }
}

/// The longest duration that is told from a longer one.
const MAX_DURATION: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A duration that somebody asks for. One that is too long is the longest.
///
/// # Errors
/// What is wrong with it.
pub fn checked_duration(proto: &prost_types::Duration) -> Result<Duration, &'static str> {
    let (seconds, nanos) = (proto.seconds, proto.nanos);
    if seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0 {
        return Err("duration has seconds and nanos with different signs");
    }
    if seconds < 0 || nanos < 0 {
        return Err("negative duration");
    }
    Ok(duration(&Some(*proto)).min(MAX_DURATION))
}

/// The protobuf form of a duration, zero included.
pub fn proto_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: duration.as_secs() as i64,
        nanos: duration.subsec_nanos() as i32,
    }
}

/// The protobuf form of a duration, or nothing for zero.
pub fn proto_duration_if_set(value: Duration) -> Option<prost_types::Duration> {
    (!value.is_zero()).then(|| proto_duration(value))
}

/// The smaller of two timeouts where zero means "none".
pub fn tighter(a: Duration, b: Duration) -> Duration {
    match (a.is_zero(), b.is_zero()) {
        (true, _) => b,
        (_, true) => a,
        _ => a.min(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_survive_the_round_trip() {
        for nanos in [0, 1, 1_700_000_000_123_456_789, -1] {
            let time = Time::from_nanos(nanos);
            assert_eq!(Time::from_proto(&time.to_proto()), time);
        }
    }

    #[test]
    fn unset_and_negative_durations_are_zero() {
        assert_eq!(duration(&None), Duration::ZERO);
        let negative = prost_types::Duration {
            seconds: -5,
            nanos: 0,
        };
        assert_eq!(duration(&Some(negative)), Duration::ZERO);
    }

    #[test]
    fn a_zero_timeout_is_no_limit() {
        let second = Duration::from_secs(1);
        assert_eq!(tighter(Duration::ZERO, second), second);
        assert_eq!(tighter(second, Duration::ZERO), second);
        assert_eq!(tighter(second, second * 2), second);
    }
}
