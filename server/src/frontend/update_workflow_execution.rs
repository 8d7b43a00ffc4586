//! UpdateWorkflowExecution.

use std::time::Duration;

use mainspring_proto::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    update::v1::{Meta, Outcome, UpdateRef, WaitPolicy, outcome},
    workflowservice::v1::{UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse},
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::{
    history::task::UpdateNews,
    shard::{
        RunSelector,
        updates::{UpdateStatus, UpdateWait},
    },
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    validate,
};

/// How long an update is waited for before its caller is told how far it has come.
pub(super) const LONG_POLL: Duration = Duration::from_secs(20);

/// The largest update, in bytes.
const MAX_SIZE: usize = 20 * 1024 * 1024;

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
    let limits = &frontend.config.limits;
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?.clone();
    let wait = wait_for(request.wait_policy)?;
    let mut update = request
        .request
        .ok_or_else(|| invalid_argument("Update request is not set on request."))?;
    let name = update.input.as_ref().map_or("", |input| &input.name);
    validate::required_id("UpdateName", name, limits)?;
    validate::size("Update", &update, MAX_SIZE)?;
    let meta = update.meta.get_or_insert_with(Meta::default);
    if meta.update_id.is_empty() {
        meta.update_id = uuid::Uuid::new_v4().to_string();
    }
    validate::required_id("UpdateId", &meta.update_id, limits)?;
    let update_id = meta.update_id.clone();
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
    let update_ref = reference(&found, update_id);
    let (stage, outcome) = stage(found.news);
    Ok(UpdateWorkflowExecutionResponse {
        update_ref: Some(update_ref),
        outcome,
        stage: stage.into(),
        link: None,
    })
}

/// What the caller waits for.
pub(super) fn wait_for(policy: Option<WaitPolicy>) -> Result<UpdateWait, Status> {
    match policy.map_or(Stage::Unspecified, |policy| policy.lifecycle_stage()) {
        Stage::Unspecified => Ok(UpdateWait::Accepted),
        Stage::Admitted => Err(Status::permission_denied(
            "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED is not a stage that can be waited for",
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
        Some(UpdateNews::Aborted | UpdateNews::Moved) | None => (Stage::Admitted, None),
    }
}
