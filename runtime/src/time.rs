//! Durations as users write them, and times as the protocol has them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What can be given where a duration is asked for: a [`Duration`], or a text such as `"10s"`, `"1 day"`, `"1h 30m"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no duration",
    note = "give a `std::time::Duration` or a text such as \"10s\", \"30 days\" or \"1h 30m\""
)]
pub trait IntoDuration {
    /// The duration.
    ///
    /// # Panics
    /// If a text is not a duration. In workflow code that fails the workflow task.
    fn into_duration(self) -> Duration;
}

impl IntoDuration for Duration {
    fn into_duration(self) -> Duration {
        self
    }
}

impl IntoDuration for &str {
    #[track_caller]
    fn into_duration(self) -> Duration {
        match parse_duration(self) {
            Ok(duration) => duration,
            Err(error) => panic!("{error}"),
        }
    }
}

impl IntoDuration for &String {
    #[track_caller]
    fn into_duration(self) -> Duration {
        self.as_str().into_duration()
    }
}

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationError(String);

impl std::fmt::Display for DurationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} is no duration: write numbers with units, such as \"10s\", \"1h 30m\", \"30 days\" (units: ms, s, m, h, d, w)",
            self.0
        )
    }
}

impl std::error::Error for DurationError {}

/// Parses `"10s"`, `"1.5h"`, `"1 day"`, `"1h 30m"`.
///
/// # Errors
/// If the text has another form or is out of range.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let fail = || DurationError(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(fail());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .ok_or_else(fail)?;
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let number: f64 = number.parse().map_err(|_| fail())?;
        let seconds = number * seconds_of(unit).ok_or_else(fail)?;
        let part = Duration::try_from_secs_f64(seconds).map_err(|_| fail())?;
        total = total.checked_add(part).ok_or_else(fail)?;
        rest = tail.trim_start();
    }
    Ok(total)
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millis" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    })
}

pub(crate) fn duration_to_proto(from: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(from.as_secs()).unwrap_or(i64::MAX),
        nanos: from.subsec_nanos() as i32,
    }
}

/// Negative durations, which the protocol can express and nothing means, count as zero.
pub(crate) fn duration_from_proto(from: prost_types::Duration) -> Duration {
    Duration::new(
        u64::try_from(from.seconds).unwrap_or(0),
        u32::try_from(from.nanos).unwrap_or(0).min(999_999_999),
    )
}

/// Times before 1970, which no server sends, count as 1970.
pub(crate) fn time_from_proto(from: prost_types::Timestamp) -> SystemTime {
    let since = duration_from_proto(prost_types::Duration {
        seconds: from.seconds,
        nanos: from.nanos,
    });
    UNIX_EPOCH + since
}

pub(crate) fn time_to_proto(from: SystemTime) -> prost_types::Timestamp {
    let since = from.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = duration_to_proto(since);
    prost_types::Timestamp {
        seconds: since.seconds,
        nanos: since.nanos,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_durations() {
        let cases = [
            ("10s", 10_000),
            ("1 day", 86_400_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("2 weeks", 1_209_600_000),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in ["", "10", "s", "10 parsecs", "-1s", "1..2s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
