//! UpdateWorkflowExecution.

use std::time::Duration;

use mainspring_proto::{
    enums::v1::{EventType, UpdateWorkflowExecutionLifecycleStage as Stage},
    errordetails::v1::PermissionDeniedFailure,
    update::v1::{Outcome, Request as Update, UpdateRef, WaitPolicy, outcome},
    workflowservice::v1::{UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse},
};
use tokio::time::Instant;
use tonic::{Code, Request, Status};

use crate::{
    history::task::UpdateNews,
    shard::{
        RunSelector,
        updates::{UpdateStatus, UpdateWait},
    },
};

use super::{
    Frontend, links,
    start_options::refuse_callbacks,
    status::{self, invalid_argument},
    validate,
};

/// How long an update is waited for before its caller is told how far it has come.
pub(super) const LONG_POLL: Duration = Duration::from_secs(20);

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UpdateWorkflowExecutionRequest>,
) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let wait = validate::long_poll_wait(&request, LONG_POLL);
    update(frontend, request.into_inner(), Instant::now() + wait).await
}

pub(super) async fn update(
    frontend: &Frontend,
    request: UpdateWorkflowExecutionRequest,
    deadline: Instant,
) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?.clone();
    let wait = wait_for(request.wait_policy)?;
    let (update, update_id) = checked(frontend, request.request)?;
    let request_id = update.request_id.clone();
    let workflow = namespace.workflow(&execution.workflow_id);
    let selector = RunSelector {
        run_id: &execution.run_id,
        first_execution_run_id: &request.first_execution_run_id,
    };
    let found = frontend
        .shard
        .update_workflow(&workflow, selector, update, wait, deadline)
        .await
        .map_err(status::refusal)?;
    Ok(answer(&namespace.name, found, update_id, &request_id))
}

/// What the caller is told of an update.
pub(super) fn answer(
    namespace: &str,
    found: UpdateStatus,
    update_id: String,
    request_id: &str,
) -> UpdateWorkflowExecutionResponse {
    let update_ref = reference(&found, update_id);
    let run = found.run;
    let (stage, outcome) = stage(found.news);
    let failed = matches!(
        outcome.as_ref().and_then(|outcome| outcome.value.as_ref()),
        Some(outcome::Value::Failure(_))
    );
    let accepted = EventType::WorkflowExecutionUpdateAccepted;
    let link = match stage {
        // A rejection leaves no event that could be pointed at.
        Stage::Completed if failed => Some(links::workflow(namespace, &run, "Update rejected")),
        Stage::Accepted | Stage::Completed => {
            Some(links::request(namespace, &run, request_id, accepted))
        }
        Stage::Unspecified | Stage::Admitted => None,
    };
    UpdateWorkflowExecutionResponse {
        update_ref: Some(update_ref),
        outcome,
        stage: stage.into(),
        link,
    }
}

/// The update that a request carries, checked, and with an id.
pub(super) fn checked(
    frontend: &Frontend,
    update: Option<Update>,
) -> Result<(Update, String), Status> {
    let limits = &frontend.config.limits;
    let mut update = update.unwrap_or_default();
    let Some(meta) = &mut update.meta else {
        return Err(invalid_argument("Update meta is not set on request."));
    };
    if meta.update_id.is_empty() {
        meta.update_id = uuid::Uuid::new_v4().to_string();
    }
    validate::required_id("UpdateId", &meta.update_id, limits)?;
    let update_id = meta.update_id.clone();
    let Some(input) = &update.input else {
        return Err(invalid_argument("Update input is not set on request."));
    };
    refuse_callbacks(&update.completion_callbacks)?;
    if input.name.is_empty() {
        return Err(invalid_argument("Update name is not set on request."));
    }
    Ok((update, update_id))
}

/// What the caller waits for.
pub(super) fn wait_for(policy: Option<WaitPolicy>) -> Result<UpdateWait, Status> {
    match policy.map_or(Stage::Unspecified, |policy| policy.lifecycle_stage()) {
        Stage::Unspecified => Ok(UpdateWait::Accepted),
        Stage::Admitted => Err(status::with_detail(
            Code::PermissionDenied,
            "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.",
            &PermissionDeniedFailure::default(),
        )),
        Stage::Accepted => Ok(UpdateWait::Accepted),
        Stage::Completed => Ok(UpdateWait::Completed),
    }
}

pub(super) fn reference(found: &UpdateStatus, update_id: String) -> UpdateRef {
    UpdateRef {
        workflow_execution: Some(found.run.execution()),
        update_id,
    }
}

/// The stage an update has reached, and its outcome.
pub(super) fn stage(news: Option<UpdateNews>) -> (Stage, Option<Outcome>) {
    match news {
        Some(UpdateNews::Accepted) => (Stage::Accepted, None),
        Some(UpdateNews::Completed(outcome)) => (Stage::Completed, Some(*outcome)),
        Some(UpdateNews::Rejected(failure)) => (
            Stage::Completed,
            Some(Outcome {
                value: Some(outcome::Value::Failure(*failure)),
            }),
        ),
        Some(UpdateNews::Aborted | UpdateNews::Moved | UpdateNews::TaskFailed) | None => {
            (Stage::Admitted, None)
        }
    }
}
