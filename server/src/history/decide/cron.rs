//! Cron schedules as Temporal reads them: five fields, `@every`, the named schedules, and a
//! `TZ=`/`CRON_TZ=` prefix. Without one the time zone is UTC.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use croner::{
    Cron,
    parser::{CronParser, Seconds},
};

use crate::history::time::Time;

/// Why a schedule is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCron(String);

impl fmt::Display for InvalidCron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid CronSchedule: {}", self.0)
    }
}

impl std::error::Error for InvalidCron {}

const NANOS: i64 = 1_000_000_000;

enum Schedule {
    Every(Duration),
    Cron(Box<Cron>, chrono_tz::Tz),
}

/// Whether the schedule can be read.
///
/// # Errors
/// What is wrong with it.
pub fn validate(schedule: &str) -> Result<(), InvalidCron> {
    parse(schedule).map(|_| ())
}

/// How long after `closed` the next run begins, for a run that began at `started`. Rounded up to
/// whole seconds. Nothing if the schedule never comes again.
pub fn backoff(schedule: &str, started: Time, closed: Time) -> Option<Duration> {
    let schedule = parse(schedule).ok()?;
    let next = match &schedule {
        Schedule::Every(period) => {
            let passed = closed.since(started).as_nanos();
            let periods = passed.div_ceil(period.as_nanos()).max(1);
            let nanos = u64::try_from(periods * period.as_nanos()).ok()?;
            started.after(Duration::from_nanos(nanos))
        }
        Schedule::Cron(cron, zone) => {
            let from = started.max(closed).nanos();
            // Occurrences are at whole seconds. The run's own occurrence is over, one at the very
            // instant of a later close is not.
            let whole = from.rem_euclid(NANOS) == 0;
            let second = from - from.rem_euclid(NANOS);
            let from = DateTime::<Utc>::from_timestamp_nanos(second).with_timezone(zone);
            let next = cron
                .find_next_occurrence(&from, whole && closed > started)
                .ok()?;
            Time::from_nanos(next.timestamp_nanos_opt()?)
        }
    };
    let backoff = next.since(closed);
    let seconds = backoff.as_secs() + u64::from(backoff.subsec_nanos() > 0);
    Some(Duration::from_secs(seconds))
}

fn parse(schedule: &str) -> Result<Schedule, InvalidCron> {
    let invalid = |why: String| InvalidCron(why);
    let (zone, rest) = match schedule
        .strip_prefix("CRON_TZ=")
        .or(schedule.strip_prefix("TZ="))
    {
        Some(prefixed) => prefixed
            .split_once(' ')
            .ok_or_else(|| invalid(format!("no schedule after the time zone in {schedule:?}")))?,
        None => ("UTC", schedule),
    };
    let zone = chrono_tz::Tz::from_str(zone)
        .map_err(|_| invalid(format!("unknown time zone {zone:?}")))?;
    let rest = rest.trim();
    if let Some(every) = rest.strip_prefix("@every ") {
        let period = go_duration(every.trim())
            .filter(|period| !period.is_zero())
            .ok_or_else(|| invalid(format!("failed to parse duration {every:?}")))?;
        // Whole seconds, at least one.
        return Ok(Schedule::Every(Duration::from_secs(
            period.as_secs().max(1),
        )));
    }
    let fields = match rest {
        // The parser knows the other names.
        "@midnight" => "@daily",
        fields => fields,
    };
    let cron = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .build()
        .parse(fields)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(Schedule::Cron(Box::new(cron), zone))
}

/// A duration in Go's notation, such as `1h30m`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        total += value
            * match &rest[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    Duration::try_from_secs_f64(total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        let time = DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{error}"));
        Time::from_nanos(time.timestamp_nanos_opt().unwrap_or_default())
    }

    #[test]
    fn the_next_run_is_the_first_occurrence_after_the_close() {
        for (schedule, started, closed, expected) in [
            (
                "* * * * *",
                "2026-01-01T00:00:10Z",
                "2026-01-01T00:00:10Z",
                50,
            ),
            (
                "*/5 * * * *",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:07:30Z",
                150,
            ),
            (
                "@every 10s",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:25Z",
                5,
            ),
            (
                "@every 10s",
                "2026-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                10,
            ),
            (
                "@midnight",
                "2026-01-01T22:00:00Z",
                "2026-01-01T22:00:00Z",
                7200,
            ),
            (
                "@hourly",
                "2026-01-01T00:30:00Z",
                "2026-01-01T00:30:00Z",
                1800,
            ),
            (
                "TZ=Asia/Tokyo 0 9 * * *",
                "2026-01-01T00:00:01Z",
                "2026-01-01T00:00:01Z",
                86399,
            ),
        ] {
            assert_eq!(
                backoff(schedule, at(started), at(closed)),
                Some(Duration::from_secs(expected)),
                "{schedule}"
            );
        }
    }

    #[test]
    fn bad_schedules_are_refused() {
        for schedule in [
            "",
            "a b c d e",
            "* * * * * *",
            "@every soon",
            "TZ=Moon/Base * * * * *",
            "61 * * * *",
        ] {
            assert!(validate(schedule).is_err(), "{schedule}");
        }
    }
}
