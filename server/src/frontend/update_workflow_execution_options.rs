//! UpdateWorkflowExecutionOptions: another priority or versioning override for a run.

use mainspring_proto::{
    prost_types::FieldMask,
    workflow::v1::WorkflowExecutionOptions,
    workflowservice::v1::{
        UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
    },
};
use tonic::{Request, Status};

use crate::{
    history::decide::update_options::{OptionPath, UpdateOptions, check_override},
    shard::RunSelector,
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    validate,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UpdateWorkflowExecutionOptionsRequest>,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?;
    let options = request.workflow_execution_options;
    let update = update_options(options, request.update_mask, request.identity)?;
    let workflow = namespace.workflow(&execution.workflow_id);
    let selector = RunSelector::run(&execution.run_id);
    let now = frontend.shard.clock(&workflow).now();
    let (_, options) = frontend
        .shard
        .update(&workflow, selector, update)
        .await
        .map_err(status::refusal)?;
    Ok(UpdateWorkflowExecutionOptionsResponse {
        workflow_execution_options: Some(options),
        update_time: Some(now.to_proto()),
    })
}

/// The request, checked; also of those that come with a reset.
pub(super) fn update_options(
    options: Option<WorkflowExecutionOptions>,
    mask: Option<FieldMask>,
    identity: String,
) -> Result<UpdateOptions, Status> {
    let Some(from) = options else {
        return Err(invalid_argument(
            "WorkflowExecutionOptions are not set on request.",
        ));
    };
    let paths = paths(mask.map(|mask| mask.paths).unwrap_or_default())?;
    if let Some(versioning) = &from.versioning_override {
        check_override(versioning).map_err(invalid_argument)?;
    }
    Ok(UpdateOptions {
        from,
        paths,
        identity,
    })
}

fn paths(mask: Vec<String>) -> Result<Vec<OptionPath>, Status> {
    if mask.is_empty() {
        return Err(invalid_argument("UpdateMask is not set on request."));
    }
    let known = |path: String| {
        OptionPath::from_path(&validate::snake_case(&path)).ok_or_else(|| {
            invalid_argument(format!(
                "UpdateMask has the path {path:?}; the options that can be updated are \
                 versioning_override and priority"
            ))
        })
    };
    mask.into_iter().map(known).collect()
}
