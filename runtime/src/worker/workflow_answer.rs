//! The answers to workflow tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainspring_proto::enums::v1::{QueryResultType, WorkflowTaskFailedCause};
use mainspring_proto::query::v1::WorkflowQueryResult;
use mainspring_proto::sdk::v1::WorkflowTaskCompletedMetadata;
use mainspring_proto::taskqueue::v1::{StickyExecutionAttributes, TaskQueue};
use mainspring_proto::workflowservice::v1 as service;
use prost::Message;
use tonic::{Code, Status};

use super::Shell;
use super::workflow_task::Token;
use crate::client::is_too_large;
use crate::converter::CodecError;
use crate::engine::{Completion, TaskFailure};
use crate::error::Failure;
use crate::time::duration_to_proto;

/// Answers a workflow task; `None` if the server does not take the answer, so that the run must be dropped.
pub(super) async fn complete(
    shell: &Arc<Shell>,
    token: &Token,
    completion: Completion,
) -> Option<service::RespondWorkflowTaskCompletedResponse> {
    let stays = shell.is_sticky() && !shell.is_stopping();
    let sticky_attributes = stays.then(|| StickyExecutionAttributes {
        worker_task_queue: Some(TaskQueue {
            name: shell.sticky_queue.clone(),
            normal_name: shell.task_queue.clone(),
            kind: mainspring_proto::enums::v1::TaskQueueKind::Sticky as i32,
        }),
        schedule_to_start_timeout: Some(duration_to_proto(shell.options.sticky_timeout)),
    });
    let mut request = service::RespondWorkflowTaskCompletedRequest {
        task_token: token.task_token.clone(),
        commands: completion.commands,
        identity: shell.client.identity().to_owned(),
        sticky_attributes,
        return_new_workflow_task: true,
        force_create_new_workflow_task: completion.force_new_task,
        query_results: completion.query_results,
        namespace: shell.client.namespace().to_owned(),
        messages: completion.messages,
        sdk_metadata: Some(WorkflowTaskCompletedMetadata {
            sdk_name: crate::SDK_NAME.to_owned(),
            sdk_version: crate::SDK_VERSION.to_owned(),
            ..Default::default()
        }),
        capabilities: Some(
            service::respond_workflow_task_completed_request::Capabilities {
                discard_speculative_workflow_task_with_events: true,
            },
        ),
        versioning_behavior: completion.versioning as i32,
        ..Default::default()
    };
    if let Err(error) = shell.client.data_converter().encode_all(&mut request).await {
        fail(shell, token, codec_failure(&error)).await;
        return None;
    }
    let mut response = send_completion(shell, token, &request).await;
    // A query must not end its workflow.
    while let Err(status) = &response
        && is_too_large(status)
        && replace_largest_answer(&mut request.query_results, status)
    {
        response = send_completion(shell, token, &request).await;
    }
    match response {
        Ok(response) => Some(response),
        Err(status) if is_too_large(&status) => {
            fail(shell, token, too_large(&status)).await;
            None
        }
        Err(status) => {
            // The run is dropped with its unsent view of the world; the task comes again, with the whole history.
            if status.code() != Code::NotFound {
                tracing::warn!(
                    workflow_id = token.execution.workflow_id,
                    run_id = token.execution.run_id,
                    code = ?status.code(),
                    message = status.message(),
                    "the server did not take the answer to a workflow task"
                );
            }
            None
        }
    }
}

async fn send_completion(
    shell: &Shell,
    token: &Token,
    request: &service::RespondWorkflowTaskCompletedRequest,
) -> Result<service::RespondWorkflowTaskCompletedResponse, Status> {
    let shared = &shell.client.shared;
    shared.call_until(token.deadline, request).await
}

/// Has the largest answer say that it was too large; whether there was one.
fn replace_largest_answer(
    answers: &mut BTreeMap<String, WorkflowQueryResult>,
    status: &Status,
) -> bool {
    let given = answers.values_mut().filter(|it| it.answer.is_some());
    let Some(largest) = given.max_by_key(|it| it.encoded_len()) else {
        return false;
    };
    *largest = WorkflowQueryResult {
        result_type: QueryResultType::Failed as i32,
        error_message: answer_too_large(status),
        ..Default::default()
    };
    true
}

fn answer_too_large(status: &Status) -> String {
    format!("the answer is too large: {}", status.message())
}

/// Answers a query that was a whole task.
pub(super) async fn answer_query(shell: &Arc<Shell>, token: &Token, answer: WorkflowQueryResult) {
    let mut request = service::RespondQueryTaskCompletedRequest {
        task_token: token.task_token.clone(),
        completed_type: answer.result_type,
        query_result: answer.answer,
        error_message: answer.error_message,
        namespace: shell.client.namespace().to_owned(),
        failure: answer.failure,
        ..Default::default()
    };
    if let Err(error) = shell.client.data_converter().encode_all(&mut request).await {
        request.completed_type = QueryResultType::Failed as i32;
        request.query_result = None;
        request.error_message = error.to_string();
    }
    let mut answered = send_query_answer(shell, &request).await;
    if let Err(status) = &answered
        && is_too_large(status)
    {
        request.completed_type = QueryResultType::Failed as i32;
        request.query_result = None;
        request.failure = None;
        request.error_message = answer_too_large(status);
        request.cause = WorkflowTaskFailedCause::GrpcMessageTooLarge as i32;
        answered = send_query_answer(shell, &request).await;
    }
    if let Err(status) = answered {
        tracing::debug!(code = ?status.code(), message = status.message(), "the server did not take the answer to a query");
    }
}

async fn send_query_answer(
    shell: &Shell,
    request: &service::RespondQueryTaskCompletedRequest,
) -> Result<(), Status> {
    shell.client.shared.call(request).await.map(|_| ())
}

/// Reports a task that cannot be done.
pub(super) async fn fail(shell: &Arc<Shell>, token: &Token, failure: TaskFailure) {
    shell.tally.workflow_tasks.fail();
    shell.task_failed(&token.workflow_type, failure.cause);
    let message = failure.failure.message.clone();
    tracing::warn!(
        workflow_id = token.execution.workflow_id,
        run_id = token.execution.run_id,
        attempt = token.attempt,
        cause = failure.cause.as_str_name(),
        message,
        "a workflow task failed"
    );
    #[cfg(feature = "testing")]
    if !token.is_query {
        let scrutiny = &shell.options.scrutiny;
        scrutiny.task_failed(&token.execution.workflow_id, token.attempt, &message);
    }
    if token.is_query {
        let answer = WorkflowQueryResult {
            result_type: QueryResultType::Failed as i32,
            error_message: message,
            failure: Some(failure.failure.into_proto()),
            ..Default::default()
        };
        return answer_query(shell, token, answer).await;
    }
    // The server retries at once what is reported, and slowly what times out; so only the first failure is reported. What is
    // too large is not retried at all.
    if token.attempt > 1 && failure.cause != WorkflowTaskFailedCause::GrpcMessageTooLarge {
        return;
    }
    let mut request = service::RespondWorkflowTaskFailedRequest {
        task_token: token.task_token.clone(),
        cause: failure.cause as i32,
        failure: Some(failure.failure.into_proto()),
        identity: shell.client.identity().to_owned(),
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    // A failure that cannot be hidden as the codec would stays here.
    if let Err(error) = shell.client.data_converter().encode_all(&mut request).await {
        request.failure = Some(codec_failure(&error).failure.into_proto());
    }
    let response = shell.client.shared.call(&request);
    if let Err(status) = response.await
        && status.code() != Code::NotFound
    {
        tracing::warn!(code = ?status.code(), message = status.message(), "the server did not take the failure of a workflow task");
    }
}

/// A codec's failure fails the task, which comes again: its key server may be away.
pub(super) fn codec_failure(error: &CodecError) -> TaskFailure {
    TaskFailure {
        cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
        failure: Box::new(Failure::application("Codec", error.to_string())),
    }
}

/// What a task makes that the server does not take because of its size: the server ends the workflow, since the task would
/// be as large again.
fn too_large(status: &Status) -> TaskFailure {
    let message = format!(
        "what the workflow does in one task is too large for one message: {}; pass on less at once, or keep large values \
         elsewhere and pass on where they are",
        status.message()
    );
    TaskFailure {
        cause: WorkflowTaskFailedCause::GrpcMessageTooLarge,
        failure: Box::new(Failure::non_retryable("GrpcMessageTooLarge", message)),
    }
}
