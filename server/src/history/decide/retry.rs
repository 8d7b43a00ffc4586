//! Retry policies, of activities and of workflows.

use std::time::Duration;

use mainspring_proto::{
    common::v1::RetryPolicy,
    enums::v1::{RetryState, TimeoutType},
    failure::v1::{Failure, failure::FailureInfo},
    prost_types,
};

use crate::history::time::{Time, checked_duration, duration, proto_duration};

const DEFAULT_INITIAL_INTERVAL: Duration = Duration::from_secs(1);
const DEFAULT_COEFFICIENT: f64 = 2.0;
/// The longest interval, as a multiple of the first, if the policy does not say.
const DEFAULT_MAXIMUM_FACTOR: u32 = 100;

/// The policy with every gap filled.
pub fn filled(policy: Option<RetryPolicy>) -> RetryPolicy {
    // A negative one is no gap, but a mistake.
    let is_gap = |it: &Option<prost_types::Duration>| {
        it.as_ref()
            .is_none_or(|it| it.seconds == 0 && it.nanos == 0)
    };
    let mut policy = policy.unwrap_or_default();
    if is_gap(&policy.initial_interval) {
        policy.initial_interval = Some(proto_duration(DEFAULT_INITIAL_INTERVAL));
    }
    if policy.backoff_coefficient == 0.0 {
        policy.backoff_coefficient = DEFAULT_COEFFICIENT;
    }
    if is_gap(&policy.maximum_interval) {
        let initial = duration(&policy.initial_interval);
        let longest = initial.saturating_mul(DEFAULT_MAXIMUM_FACTOR);
        policy.maximum_interval = Some(proto_duration(longest));
    }
    policy
}

/// Whether the policy makes sense.
///
/// # Errors
/// A sentence about what does not.
pub fn validate(policy: &RetryPolicy) -> Result<(), String> {
    if policy.maximum_attempts == 1 {
        return Ok(());
    }
    let interval = |name, it: &Option<prost_types::Duration>| match it {
        Some(it) => {
            checked_duration(it).map_err(|why| format!("invalid {name} set on retry policy: {why}"))
        }
        None => Ok(Duration::ZERO),
    };
    let initial = interval("InitialInterval", &policy.initial_interval)?;
    let maximum = interval("MaximumInterval", &policy.maximum_interval)?;
    let wrong = if policy.backoff_coefficient != 0.0 && policy.backoff_coefficient < 1.0 {
        "BackoffCoefficient cannot be less than 1 on retry policy."
    } else if !maximum.is_zero() && maximum < initial {
        "MaximumInterval cannot be less than InitialInterval on retry policy."
    } else if policy.maximum_attempts < 0 {
        "MaximumAttempts cannot be negative on retry policy."
    } else {
        return timeout_types(&policy.non_retryable_error_types);
    };
    Err(wrong.to_owned())
}

/// Timeouts are named among the errors that are not retried as `TemporalTimeout:StartToClose`.
fn timeout_types(excluded: &[String]) -> Result<(), String> {
    const KNOWN: [&str; 4] = [
        "StartToClose",
        "ScheduleToStart",
        "ScheduleToClose",
        "Heartbeat",
    ];
    let mut named = excluded
        .iter()
        .filter_map(|it| it.strip_prefix("TemporalTimeout:"));
    match named.find(|name| !KNOWN.contains(name)) {
        Some(unknown) => Err(format!("Invalid timeout type value: {unknown}.")),
        None => Ok(()),
    }
}

/// How long to wait before the next attempt.
///
/// # Errors
/// Why there is none.
pub fn next_interval(
    policy: Option<&RetryPolicy>,
    attempt: i32,
    failure: &Failure,
    now: Time,
    expiration: Option<Time>,
) -> Result<Duration, RetryState> {
    let policy = policy.ok_or(RetryState::RetryPolicyNotSet)?;
    if !is_retryable(failure, policy) {
        return Err(RetryState::NonRetryableFailure);
    }
    if policy.maximum_attempts > 0 && attempt >= policy.maximum_attempts {
        return Err(RetryState::MaximumAttemptsReached);
    }
    let interval = asked_delay(failure).unwrap_or_else(|| interval(policy, attempt));
    if expiration.is_some_and(|expiration| now.after(interval) > expiration) {
        return Err(RetryState::Timeout);
    }
    Ok(interval)
}

/// Whether the policy has anything against another attempt because of how this one failed.
pub fn is_retryable(failure: &Failure, policy: &RetryPolicy) -> bool {
    let excluded = &policy.non_retryable_error_types;
    match &failure.failure_info {
        Some(FailureInfo::TerminatedFailureInfo(_) | FailureInfo::CanceledFailureInfo(_)) => false,
        Some(FailureInfo::TimeoutFailureInfo(info)) => {
            let kind = match info.timeout_type() {
                TimeoutType::StartToClose => "TemporalTimeout:StartToClose",
                TimeoutType::Heartbeat => "TemporalTimeout:Heartbeat",
                _ => return false,
            };
            !excluded.iter().any(|it| it == kind)
        }
        Some(FailureInfo::ServerFailureInfo(info)) => !info.non_retryable,
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            !info.non_retryable && !excluded.contains(&info.r#type)
        }
        _ => true,
    }
}

fn interval(policy: &RetryPolicy, attempt: i32) -> Duration {
    let initial = duration(&policy.initial_interval);
    let initial = if initial.is_zero() {
        DEFAULT_INITIAL_INTERVAL
    } else {
        initial
    };
    let coefficient = policy.backoff_coefficient.max(1.0);
    let longest = match duration(&policy.maximum_interval) {
        zero if zero.is_zero() => initial.saturating_mul(DEFAULT_MAXIMUM_FACTOR),
        longest => longest,
    };
    let factor = coefficient.powi(attempt.saturating_sub(1).max(0));
    let seconds = (initial.as_secs_f64() * factor).min(longest.as_secs_f64());
    Duration::try_from_secs_f64(seconds).unwrap_or(longest)
}

fn asked_delay(failure: &Failure) -> Option<Duration> {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => info
            .next_retry_delay
            .is_some()
            .then(|| duration(&info.next_retry_delay)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mainspring_proto::failure::v1::{ApplicationFailureInfo, TimeoutFailureInfo};

    use super::*;

    fn application(kind: &str, non_retryable: bool) -> Failure {
        Failure {
            failure_info: Some(FailureInfo::ApplicationFailureInfo(
                ApplicationFailureInfo {
                    r#type: kind.to_owned(),
                    non_retryable,
                    ..Default::default()
                },
            )),
            ..Default::default()
        }
    }

    fn check(
        policy: RetryPolicy,
        attempt: i32,
        failure: &Failure,
        expected: Result<u64, RetryState>,
    ) {
        let policy = filled(Some(policy));
        let found = next_interval(
            Some(&policy),
            attempt,
            failure,
            Time::ZERO,
            Some(Time::ZERO.after(Duration::from_secs(50))),
        );
        assert_eq!(found, expected.map(Duration::from_secs));
    }

    #[test]
    fn intervals_grow_to_the_cap_and_stop_at_the_expiration() {
        let failure = application("x", false);
        for (attempt, expected) in [(1, 1), (2, 2), (3, 4), (6, 32)] {
            check(RetryPolicy::default(), attempt, &failure, Ok(expected));
        }
        check(
            RetryPolicy::default(),
            7,
            &failure,
            Err(RetryState::Timeout),
        );
        let capped = RetryPolicy {
            maximum_interval: Some(proto_duration(Duration::from_secs(5))),
            ..Default::default()
        };
        check(capped, 1000, &failure, Ok(5));
    }

    #[test]
    fn what_is_not_retried() {
        let policy = RetryPolicy {
            maximum_attempts: 3,
            non_retryable_error_types: vec!["bad".into(), "TemporalTimeout:Heartbeat".into()],
            ..Default::default()
        };
        let timeout = |kind: TimeoutType| Failure {
            failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
                timeout_type: kind.into(),
                ..Default::default()
            })),
            ..Default::default()
        };
        let non_retryable = Err(RetryState::NonRetryableFailure);
        check(policy.clone(), 1, &application("bad", false), non_retryable);
        check(policy.clone(), 1, &application("good", true), non_retryable);
        check(
            policy.clone(),
            1,
            &timeout(TimeoutType::Heartbeat),
            non_retryable,
        );
        check(
            policy.clone(),
            1,
            &timeout(TimeoutType::ScheduleToStart),
            non_retryable,
        );
        check(
            policy.clone(),
            1,
            &timeout(TimeoutType::StartToClose),
            Ok(1),
        );
        check(
            policy,
            3,
            &application("good", false),
            Err(RetryState::MaximumAttemptsReached),
        );
    }
}
