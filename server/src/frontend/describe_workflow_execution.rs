//! DescribeWorkflowExecution.

use mainspring_proto::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::shard::RunSelector;

use super::{Frontend, execution_info, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<DescribeWorkflowExecutionRequest>,
) -> Result<DescribeWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.execution.as_ref())?;
    let workflow = namespace.workflow(&execution.workflow_id);
    let described = frontend
        .shard
        .read(&workflow, RunSelector::run(&execution.run_id), |run| {
            execution_info::describe(run)
        })
        .await;
    described.map_err(status::refusal)
}
