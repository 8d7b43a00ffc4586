//! RespondWorkflowTaskFailed: the worker could not complete its task.

use mainspring_proto::workflowservice::v1::{
    RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse,
};
use tonic::{Request, Status};

use crate::{
    history::{
        decide::{fail_workflow_task::FailWorkflowTask, workflow_task::WorkflowTaskFailure},
        worker::Worker,
    },
    shard::RunSelector,
};

use super::{Frontend, status, token::TaskToken, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondWorkflowTaskFailedRequest>,
) -> Result<RespondWorkflowTaskFailedResponse, Status> {
    let request = request.into_inner();
    let token = TaskToken::read(&request.task_token)?;
    frontend.namespace_of_token(&request.namespace, &token)?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    let run = token.run();
    let fail = FailWorkflowTask {
        task: token.workflow_task_ref(),
        failure: WorkflowTaskFailure {
            cause: request.cause,
            failure: request.failure,
            worker: Worker {
                identity: request.identity,
                version: request.worker_version,
            },
            binary_checksum: request.binary_checksum,
        },
    };
    frontend
        .shard
        .update(&run.workflow, RunSelector::run(&run.run_id), fail)
        .await
        .map_err(status::refusal)?;
    Ok(RespondWorkflowTaskFailedResponse {})
}
