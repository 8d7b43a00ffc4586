//! Checks that many requests share. Each returns the status that clients expect.

use std::time::Duration;

use mainspring_proto::{
    common::v1::{Memo, Priority, WorkflowExecution},
    prost_types,
    taskqueue::v1::TaskQueue as TaskQueueMessage,
};
use prost::Message;
use tonic::{Request, Status, metadata::MetadataMap};
use uuid::Uuid;

use super::status::invalid_argument;
use crate::{
    config::Limits,
    history::{priority, time::checked_duration},
};

/// A poll whose caller gives up sooner than this cannot be answered sensibly.
const MIN_POLL_DEADLINE: Duration = Duration::from_secs(2);

/// The longest that a poll waits for a task.
pub(crate) const MAX_POLL_WAIT: Duration = Duration::from_secs(60);

/// How long before the caller's deadline a long poll is answered empty, so that the answer arrives.
pub(crate) const DEADLINE_MARGIN: Duration = Duration::from_secs(1);

/// A name that must be present and within the length limit. `what` is its field, as in the
/// protocol: `"WorkflowId"`.
pub(crate) fn required_id(what: &str, id: &str, limits: &Limits) -> Result<(), Status> {
    if id.is_empty() {
        return Err(invalid_argument(format!("{what} is not set on request.")));
    }
    optional_id(what, id, limits)
}

/// The name of a namespace, in requests that are about namespaces.
pub(crate) fn namespace_name(name: &str, limits: &Limits) -> Result<(), Status> {
    if name.is_empty() {
        return Err(invalid_argument("Namespace not set on request."));
    }
    optional_id("Namespace", name, limits)
}

/// A name that may be empty, but not longer than the limit.
pub(crate) fn optional_id(what: &str, id: &str, limits: &Limits) -> Result<(), Status> {
    if id.len() > limits.id_length {
        return Err(invalid_argument(format!("{what} length exceeds limit.")));
    }
    Ok(())
}

/// Who polls or answers.
pub(crate) fn identity(identity: &str, limits: &Limits) -> Result<(), Status> {
    optional_id("Identity", identity, limits)
}

/// The id of a workflow that is to be started.
pub(crate) fn new_workflow_id(id: &str, limits: &Limits) -> Result<(), Status> {
    let (length, limit) = (id.len(), limits.id_length);
    if length > limit {
        return Err(invalid_argument(format!(
            "WorkflowId exceeds maximum allowed length ({length}/{limit})"
        )));
    }
    required_id("WorkflowId", id, limits)
}

/// A workflow execution with an id, and a run id that is empty or a UUID. An id that is too long is
/// that of no workflow.
pub(crate) fn execution(
    execution: Option<&WorkflowExecution>,
) -> Result<&WorkflowExecution, Status> {
    let Some(execution) = execution else {
        return Err(invalid_argument("Execution is not set on request."));
    };
    if execution.workflow_id.is_empty() {
        return Err(invalid_argument("WorkflowId is not set on request."));
    }
    run_id(&execution.run_id)?;
    Ok(execution)
}

/// A run id: `None` if it is empty.
pub(crate) fn run_id(run_id: &str) -> Result<Option<Uuid>, Status> {
    if run_id.is_empty() {
        return Ok(None);
    }
    Uuid::parse_str(run_id)
        .map(Some)
        .map_err(|_| invalid_argument("Invalid RunId."))
}

/// A task queue with a name.
pub(crate) fn task_queue<'a>(
    task_queue: Option<&'a TaskQueueMessage>,
    limits: &Limits,
) -> Result<&'a TaskQueueMessage, Status> {
    let Some(task_queue) = task_queue else {
        return Err(invalid_argument("taskQueue is not set"));
    };
    let name = &task_queue.name;
    if name.is_empty() {
        return Err(invalid_argument("missing task queue name"));
    }
    if name.len() > limits.id_length {
        return Err(invalid_argument("taskQueue length exceeds limit"));
    }
    if name.starts_with("/_sys/") {
        return Err(invalid_argument(
            "task queue name cannot start with reserved prefix /_sys/",
        ));
    }
    Ok(task_queue)
}

/// A message that must not be larger than `limit` bytes once encoded. `what` names the field.
pub(crate) fn size<M: Message>(what: &str, message: &M, limit: usize) -> Result<(), Status> {
    let size = message.encoded_len();
    if size > limit {
        // The first sentence is that of Temporal's server, which programs look for.
        return Err(invalid_argument(format!(
            "Blob data size exceeds limit. {what} is {size} bytes, and the limit is {limit} bytes."
        )));
    }
    Ok(())
}

/// A memo within its limit.
pub(crate) fn memo(memo: &Memo, limits: &Limits) -> Result<(), Status> {
    let (size, limit) = (memo.encoded_len(), limits.memo_size);
    if size > limit {
        return Err(invalid_argument(format!(
            "Memo size exceeds limit. It is {size} bytes, and the limit is {limit} bytes."
        )));
    }
    Ok(())
}

/// A duration that is empty (`None`) or not negative. `what` names the field.
pub(crate) fn duration(
    what: &str,
    duration: Option<&prost_types::Duration>,
) -> Result<Option<Duration>, Status> {
    let Some(duration) = duration else {
        return Ok(None);
    };
    checked_duration(duration).map(Some).map_err(|why| {
        invalid_argument(format!("An invalid {what} is set on request. cause: {why}"))
    })
}

/// A priority that makes sense, if there is one.
pub(crate) fn priority(priority: Option<&Priority>) -> Result<(), Status> {
    match priority::problem(priority) {
        Some(problem) => Err(invalid_argument(problem)),
        None => Ok(()),
    }
}

/// A path of a field mask as the protocol's files spell it; JSON has it in another way.
pub(crate) fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// How long a task poll may wait: a minute, or less if its caller gives up sooner.
///
/// # Errors
/// INVALID_ARGUMENT when the call has no deadline, FAILED_PRECONDITION when it has one that is too near: a
/// poll that its caller abandons would take a task with it.
pub(crate) fn poll_wait<T>(request: &Request<T>) -> Result<Duration, Status> {
    let Some(timeout) = grpc_timeout(request.metadata()) else {
        return Err(invalid_argument(
            "Context timeout is not set for a long poll.",
        ));
    };
    if timeout < MIN_POLL_DEADLINE {
        return Err(Status::failed_precondition("Context timeout is too short."));
    }
    Ok((timeout - DEADLINE_MARGIN).min(MAX_POLL_WAIT))
}

/// How long any other long poll may wait: `longest`, or less if its caller gives up sooner.
pub(crate) fn long_poll_wait<T>(request: &Request<T>, longest: Duration) -> Duration {
    match grpc_timeout(request.metadata()) {
        Some(timeout) => timeout.saturating_sub(DEADLINE_MARGIN).min(longest),
        None => longest,
    }
}

/// The `grpc-timeout` header: up to eight digits and a unit.
pub(crate) fn grpc_timeout(metadata: &MetadataMap) -> Option<Duration> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(timeout: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-timeout", timeout.parse().expect("an ASCII value"));
        metadata
    }

    #[test]
    fn grpc_timeouts_are_read_as_the_protocol_says() {
        for (text, expected) in [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("70S", Some(Duration::from_secs(70))),
            ("70000m", Some(Duration::from_secs(70))),
            ("5u", Some(Duration::from_micros(5))),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("", None),
            ("S", None),
            ("70", None),
            ("-1S", None),
            ("123456789S", None),
        ] {
            assert_eq!(grpc_timeout(&metadata(text)), expected, "{text:?}");
        }
    }

    #[test]
    fn a_poll_needs_a_deadline_it_can_meet() {
        let mut request = Request::new(());
        assert!(poll_wait(&request).is_err());
        *request.metadata_mut() = metadata("1999m");
        assert!(poll_wait(&request).is_err());
        *request.metadata_mut() = metadata("70S");
        assert_eq!(poll_wait(&request).ok(), Some(MAX_POLL_WAIT));
        *request.metadata_mut() = metadata("10S");
        assert_eq!(poll_wait(&request).ok(), Some(Duration::from_secs(9)));
    }
}
