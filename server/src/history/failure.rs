//! Failures that the server makes, and what it keeps of those that are too large.

use mainspring_proto::{
    enums::v1::TimeoutType,
    failure::v1::{
        ApplicationFailureInfo, Failure, ServerFailureInfo, TimeoutFailureInfo,
        failure::FailureInfo,
    },
};

/// What the protocol needs beside a text.
const OVERHEAD: usize = 4;

/// How many causes of causes are kept.
const MAX_DEPTH: usize = 20;

/// A failure that stands for one that is too large, of which it keeps what fits into `limit` bytes.
pub fn oversized(failure: Failure, limit: usize, non_retryable: bool) -> Failure {
    Failure {
        cause: Some(Box::new(truncated(failure, limit, MAX_DEPTH))),
        ..of_server("Failure exceeds size limit.", non_retryable)
    }
}

/// A failure that the server found.
pub fn of_server(message: &str, non_retryable: bool) -> Failure {
    Failure {
        message: message.to_owned(),
        failure_info: Some(FailureInfo::ServerFailureInfo(ServerFailureInfo {
            non_retryable,
        })),
        ..Failure::default()
    }
}

/// Something took too long.
pub fn timeout(message: &str, what: TimeoutType) -> Failure {
    Failure {
        message: message.to_owned(),
        source: "Server".to_owned(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo {
            timeout_type: what.into(),
            last_heartbeat_details: None,
        })),
        ..Failure::default()
    }
}

/// Texts are cut where the limit is, the most telling ones kept first; what is no text is left out.
fn truncated(failure: Failure, limit: usize, depth: usize) -> Failure {
    let mut left = limit;
    let failure_info = match failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            let kept = ApplicationFailureInfo {
                non_retryable: info.non_retryable,
                r#type: keep(&info.r#type, &mut left),
                ..ApplicationFailureInfo::default()
            };
            left = left.saturating_sub(2 * OVERHEAD);
            Some(FailureInfo::ApplicationFailureInfo(kept))
        }
        Some(FailureInfo::ServerFailureInfo(info)) => {
            left = left.saturating_sub(OVERHEAD);
            Some(FailureInfo::ServerFailureInfo(info))
        }
        _ => None,
    };
    let source = keep(&failure.source, &mut left);
    let message = keep(&failure.message, &mut left);
    let stack_trace = keep(&failure.stack_trace, &mut left);
    let cause = failure
        .cause
        .filter(|_| left > OVERHEAD && depth > 0)
        .map(|cause| Box::new(truncated(*cause, left - OVERHEAD, depth - 1)));
    Failure {
        message,
        source,
        stack_trace,
        cause,
        failure_info,
        ..Failure::default()
    }
}

/// As much of a text as is left room for.
fn keep(text: &str, left: &mut usize) -> String {
    let kept = &text[..text.floor_char_boundary(*left)];
    let overhead = if kept.is_empty() { 0 } else { OVERHEAD };
    *left = left.saturating_sub(kept.len() + overhead);
    kept.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_the_limit_and_the_type_is_kept() {
        let info = ApplicationFailureInfo {
            r#type: "Kind".to_owned(),
            ..ApplicationFailureInfo::default()
        };
        let failure = Failure {
            message: "m".repeat(50),
            stack_trace: "ü".repeat(50),
            cause: Some(Box::default()),
            failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
            ..Failure::default()
        };
        // The type, its overhead and that of its message; then the message, and a stack trace that cannot
        // end within a character.
        let kept = truncated(failure.clone(), 4 + 4 + 8 + 54 + 9, MAX_DEPTH);
        assert_eq!(kept.failure_info, failure.failure_info);
        assert_eq!(kept.message, failure.message);
        assert_eq!(kept.stack_trace, "ü".repeat(4));
        assert_eq!(kept.cause, None);
    }
}
