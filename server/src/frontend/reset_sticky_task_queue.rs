//! ResetStickyTaskQueue: the worker no longer has the run in its cache.

use mainspring_proto::workflowservice::v1::{
    ResetStickyTaskQueueRequest, ResetStickyTaskQueueResponse,
};
use tonic::{Request, Status};

use crate::{history::decide::start_workflow_task::Unstick, shard::RunSelector};

use super::{Frontend, status, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ResetStickyTaskQueueRequest>,
) -> Result<ResetStickyTaskQueueResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.execution.as_ref())?;
    let workflow = namespace.workflow(&execution.workflow_id);
    let selector = RunSelector::run(&execution.run_id);
    frontend
        .shard
        .update(&workflow, selector, Unstick)
        .await
        .map_err(status::refusal)?;
    Ok(ResetStickyTaskQueueResponse {})
}
