//! Durations as Go writes them, which is how users of the protocol's tools write them.

/// Nanoseconds of a duration such as `1h30m`, `1.5s`, `-2ms`, `0` or `3d`.
///
/// `d` for days is no part of Go's notation, and the tools take it all the same.
pub(crate) fn parse_go(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        total = total.checked_add(nanos(number, unit)?)?;
        rest = after;
    }
    match text {
        "" | "-" | "+" => None,
        _ if negative => Some(-total),
        _ => Some(total),
    }
}

fn nanos(number: &str, unit: &str) -> Option<i64> {
    let unit: i64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut total = match whole {
        "" => 0,
        whole => whole.parse::<i64>().ok()?.checked_mul(unit)?,
    };
    let mut place = unit;
    for digit in fraction.chars() {
        // Below a nanosecond, digits no longer count.
        place /= 10;
        total = total.checked_add(i64::from(digit.to_digit(10)?).checked_mul(place)?)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::parse_go;

    #[test]
    fn go_s_notation_is_read() {
        const SECOND: i64 = 1_000_000_000;
        for (text, expected) in [
            ("0", Some(0)),
            ("1s", Some(SECOND)),
            ("1.5s", Some(SECOND * 3 / 2)),
            (".5s", Some(SECOND / 2)),
            ("1h30m", Some(SECOND * 5400)),
            ("2d", Some(SECOND * 172_800)),
            ("-10ms", Some(-10_000_000)),
            ("1h1m1s1ms1us1ns", Some(3661 * SECOND + 1_001_001)),
            ("", None),
            ("-", None),
            ("1", None),
            ("s", None),
            (".s", None),
            ("1.2.3s", None),
            ("1x", None),
            ("99999999999h", None),
        ] {
            assert_eq!(parse_go(text), expected, "{text:?}");
        }
    }
}
