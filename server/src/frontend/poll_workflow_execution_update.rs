//! PollWorkflowExecutionUpdate: how far an update has come.

use mainspring_proto::{
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    workflowservice::v1::{
        PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
    },
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::shard::{RunSelector, updates::UpdateWait};

use super::{
    Frontend,
    status::{self, invalid_argument},
    update_workflow_execution::{LONG_POLL, reference, stage},
    validate,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<PollWorkflowExecutionUpdateRequest>,
) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
    let deadline = Instant::now() + validate::long_poll_wait(&request, LONG_POLL);
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let update_ref = request
        .update_ref
        .ok_or_else(|| invalid_argument("UpdateRef is not set on request."))?;
    let execution = update_ref.workflow_execution.as_ref();
    if execution.is_none_or(|it| it.workflow_id.is_empty()) {
        return Err(invalid_argument(
            "Can't load workflow execution.  WorkflowId not set.",
        ));
    }
    let execution = validate::execution(execution)?;
    let wait = match request
        .wait_policy
        .map_or(Stage::Unspecified, |it| it.lifecycle_stage())
    {
        Stage::Unspecified | Stage::Admitted => UpdateWait::Nothing,
        Stage::Accepted => UpdateWait::Accepted,
        Stage::Completed => UpdateWait::Completed,
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    let selector = RunSelector::run(&execution.run_id);
    let found = frontend
        .shard
        .poll_update(&workflow, selector, &update_ref.update_id, wait, deadline)
        .await
        .map_err(status::refusal)?;
    let update_ref = reference(&found, update_ref.update_id.clone());
    let (stage, outcome) = stage(found.news);
    Ok(PollWorkflowExecutionUpdateResponse {
        outcome,
        stage: stage.into(),
        update_ref: Some(update_ref),
    })
}
