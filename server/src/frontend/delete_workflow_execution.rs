//! DeleteWorkflowExecution.

use mainspring_proto::workflowservice::v1::{
    DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::shard::RunSelector;

use super::{Frontend, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DeleteWorkflowExecutionRequest>,
) -> Result<DeleteWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?;
    let workflow = namespace.workflow(&execution.workflow_id);
    let selector = RunSelector::run(&execution.run_id);
    frontend
        .shard
        .delete_run(&workflow, selector)
        .await
        .map_err(status::refusal)?;
    Ok(DeleteWorkflowExecutionResponse {})
}
