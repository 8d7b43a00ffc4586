//! RequestCancelWorkflowExecution.

use mainspring_proto::workflowservice::v1::{
    RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::{history::decide::request_cancel::RequestCancel, shard::RunSelector};

use super::{Frontend, start_options::check_links, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RequestCancelWorkflowExecutionRequest>,
) -> Result<RequestCancelWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?;
    check_links(&request.links, &frontend.config.limits)?;
    let cancel = RequestCancel {
        identity: request.identity,
        reason: request.reason,
        links: request.links,
        external: None,
    };
    let selector = RunSelector {
        run_id: &execution.run_id,
        first_execution_run_id: &request.first_execution_run_id,
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    frontend
        .shard
        .update(&workflow, selector, cancel)
        .await
        .map_err(status::refusal)?;
    Ok(RequestCancelWorkflowExecutionResponse {})
}
