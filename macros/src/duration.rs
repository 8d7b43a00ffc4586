//! Durations as people write them: `"10s"`, `"1 day"`, `"1m30s"`, `"1.5 hours"`.
//!
//! The grammar is that of `mainspring::workflow::sleep("1 day")` at run time; here a mistake is a compile error.

use std::time::Duration;

const UNITS: &[(&[&str], u64)] = &[
    (&["ms", "millis", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (
        &["m", "min", "mins", "minute", "minutes"],
        60 * 1_000_000_000,
    ),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600 * 1_000_000_000),
    (&["d", "day", "days"], 86_400 * 1_000_000_000),
    (&["w", "week", "weeks"], 7 * 86_400 * 1_000_000_000),
];

/// Parses a duration; the error says what is wrong with it and what would be right.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(
            "the duration is empty: write one as in \"10s\", \"1m30s\" or \"1 day\"".into(),
        );
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
        let (number, tail) = rest.split_at(digits.unwrap_or(rest.len()));
        let tail = tail.trim_start();
        let letters = tail.find(|c: char| !c.is_alphabetic());
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        total += nanoseconds(text, number, unit)?;
        rest = tail.trim_start_matches([' ', ',']);
    }
    let total = u64::try_from(total)
        .map_err(|_| format!("`{text}` is longer than the 584 years a duration can hold"))?;
    Ok(Duration::from_nanos(total))
}

fn nanoseconds(text: &str, number: &str, unit: &str) -> Result<u128, String> {
    if number.is_empty() {
        return Err(format!(
            "`{text}` is not a duration: a number comes first, as in \"10s\", \"1m30s\" or \"1 day\""
        ));
    }
    if unit.is_empty() {
        return Err(format!(
            "`{text}` has no unit: write \"{number}s\" for seconds; the units are ms, s, m, h, d and w"
        ));
    }
    let Some((_, scale)) = UNITS.iter().find(|(names, _)| names.contains(&unit)) else {
        return Err(format!(
            "`{unit}` is not a unit of time: the units are ms, s, m, h, d and w (or `seconds`, `minutes`, ..)"
        ));
    };
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let malformed = || format!("`{number}` in `{text}` is not a number");
    let whole: u128 = whole.parse().map_err(|_| malformed())?;
    let mut nanoseconds = whole.saturating_mul(u128::from(*scale));
    if !fraction.is_empty() {
        if fraction.len() > 9 {
            return Err(malformed());
        }
        let parts: u128 = fraction.parse().map_err(|_| malformed())?;
        nanoseconds += parts * u128::from(*scale) / 10_u128.pow(fraction.len() as u32);
    }
    Ok(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Duration) {
        assert_eq!(parse(text), Ok(expected), "{text}");
    }

    #[test]
    fn numbers_and_units_add_up() {
        check("10s", Duration::from_secs(10));
        check("1 day", Duration::from_secs(86_400));
        check("1m30s", Duration::from_secs(90));
        check("1h 5 minutes, 3 sec", Duration::from_secs(3_903));
        check("1.5 hours", Duration::from_secs(5_400));
        check("250ms", Duration::from_millis(250));
        check("2 weeks", Duration::from_secs(1_209_600));
        check("1_000s", Duration::from_secs(1_000));
        check("0s", Duration::ZERO);
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (text, part) in [
            ("", "empty"),
            ("10", "write \"10s\""),
            ("10 sekunden", "not a unit"),
            ("s", "a number comes first"),
            ("1.2.3s", "not a number"),
            ("-1s", "a number comes first"),
            ("9999999 weeks", "584 years"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
