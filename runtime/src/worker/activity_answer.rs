//! The answers to activity tasks.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainspring_proto::common::v1::Payloads;
use mainspring_proto::workflowservice::v1 as service;
use tokio::time::Instant;
use tonic::Status;

use super::Shell;
use super::activity_task::Ending;
use crate::client::is_too_large;
use crate::converter::{CodecError, Payload};
use crate::error::Failure;

/// How long an answer is tried at least: a server that comes back may take it although the time of the activity is over,
/// since the server's own clock fires only then.
const AT_LEAST: Duration = Duration::from_secs(5 * 60);

/// What identifies an activity task in its answer.
pub(super) struct Token {
    task_token: Bytes,
    /// When the server gives up on the attempt.
    deadline: Option<Instant>,
}

impl Token {
    pub(super) fn of(task: &service::PollActivityTaskQueueResponse) -> Self {
        let limits = [task.start_to_close_timeout, task.schedule_to_close_timeout];
        let limits = limits
            .into_iter()
            .flatten()
            .map(crate::time::duration_from_proto);
        let limit = limits.filter(|it| !it.is_zero()).min();
        Self {
            task_token: task.task_token.clone(),
            deadline: limit.and_then(|it| Instant::now().checked_add(it)),
        }
    }

    /// Until when to try.
    fn end(&self) -> Instant {
        let least = Instant::now() + AT_LEAST;
        self.deadline.map_or(least, |it| it.max(least))
    }
}

/// Answers; a failure with what was reported last, which may not have been sent.
pub(super) async fn answer(
    shell: &Arc<Shell>,
    token: &Token,
    ending: Ending,
    last_report: Option<Vec<Payload>>,
) {
    let mut answered = send(shell, token, ending, last_report).await;
    if let Err(status) = &answered
        && is_too_large(status)
    {
        // The next attempt would be as large.
        let message = format!("the answer is too large: {}", status.message());
        let failure = Failure::non_retryable("GrpcMessageTooLarge", message);
        answered = fail(shell, token, failure, None).await;
    }
    if let Err(status) = answered {
        // The activity has timed out, or its workflow is closed.
        tracing::warn!(code = ?status.code(), message = status.message(), "the server did not take the answer of an activity");
    }
}

async fn send(
    shell: &Shell,
    token: &Token,
    ending: Ending,
    last_report: Option<Vec<Payload>>,
) -> Result<(), Status> {
    match ending {
        // The server's own clock says so too; an answer that came before would hide that this is a timeout.
        Ending::Later | Ending::TimedOut => Ok(()),
        Ending::Completed(payload) => match shell.client.shared.encode(vec![payload]).await {
            Ok(result) => complete(shell, token, result).await,
            Err(error) => fail(shell, token, codec_failure(&error), last_report).await,
        },
        Ending::Failed(failure) => fail(shell, token, failure, last_report).await,
        Ending::Cancelled(failure) => cancel(shell, token, failure).await,
    }
}

async fn complete(shell: &Shell, token: &Token, payloads: Vec<Payload>) -> Result<(), Status> {
    let request = service::RespondActivityTaskCompletedRequest {
        task_token: token.task_token.clone(),
        result: Some(Payloads { payloads }),
        identity: shell.client.identity().to_owned(),
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    let shared = &shell.client.shared;
    shared.call_until(token.end(), &request).await.map(|_| ())
}

async fn fail(
    shell: &Shell,
    token: &Token,
    failure: Failure,
    last_report: Option<Vec<Payload>>,
) -> Result<(), Status> {
    let mut request = service::RespondActivityTaskFailedRequest {
        task_token: token.task_token.clone(),
        failure: Some(failure.into_proto()),
        last_heartbeat_details: last_report.map(|payloads| Payloads { payloads }),
        identity: shell.client.identity().to_owned(),
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    if let Err(error) = shell.client.data_converter().encode_all(&mut request).await {
        request.last_heartbeat_details = None;
        request.failure = Some(codec_failure(&error).into_proto());
    }
    let shared = &shell.client.shared;
    shared.call_until(token.end(), &request).await.map(|_| ())
}

async fn cancel(shell: &Shell, token: &Token, failure: Failure) -> Result<(), Status> {
    let mut request = service::RespondActivityTaskCanceledRequest {
        task_token: token.task_token.clone(),
        details: failure.cancellation_details().into_proto(),
        identity: shell.client.identity().to_owned(),
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    if let Err(error) = shell.client.data_converter().encode_all(&mut request).await {
        tracing::warn!(%error, "the details of a cancelled activity are not sent");
        request.details = None;
    }
    let shared = &shell.client.shared;
    shared.call_until(token.end(), &request).await.map(|_| ())
}

/// What a codec's failure makes of an activity: it is retried.
pub(super) fn codec_failure(error: &CodecError) -> Failure {
    Failure::application("Codec", error.to_string())
}
