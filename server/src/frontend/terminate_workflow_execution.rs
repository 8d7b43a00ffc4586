//! TerminateWorkflowExecution.

use mainspring_proto::workflowservice::v1::{
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::{history::decide::terminate::Terminate, shard::RunSelector};

use super::{Frontend, start_options::check_links, status, validate};

/// Why a run was ended, if nobody says.
const DEFAULT_REASON: &str = "terminated by user via frontend";

/// Who ended it, if nobody says.
const DEFAULT_IDENTITY: &str = "frontend-service";

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<TerminateWorkflowExecutionRequest>,
) -> Result<TerminateWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?;
    check_links(&request.links, &frontend.config.limits)?;
    let terminate = Terminate {
        reason: match request.reason.as_str() {
            "" => DEFAULT_REASON.to_owned(),
            _ => request.reason,
        },
        details: request.details,
        identity: match request.identity.as_str() {
            "" => DEFAULT_IDENTITY.to_owned(),
            _ => request.identity,
        },
        links: request.links,
    };
    let selector = RunSelector {
        run_id: &execution.run_id,
        first_execution_run_id: &request.first_execution_run_id,
    };
    let workflow = namespace.workflow(&execution.workflow_id);
    frontend
        .shard
        .update(&workflow, selector, terminate)
        .await
        .map_err(status::refusal)?;
    Ok(TerminateWorkflowExecutionResponse {})
}
