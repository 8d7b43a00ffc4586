//! ResetWorkflowExecution.

use mainspring_proto::{
    enums::v1::{ResetReapplyExcludeType, ResetReapplyType},
    workflow::v1::{PostResetOperation, post_reset_operation},
    workflowservice::v1::{ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse},
};
use tonic::{Request, Status};

use crate::{
    history::decide::{reset::AfterReset, start_run::Signal},
    shard::reset::ResetRequest,
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    update_workflow_execution_options::update_options,
    validate,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ResetWorkflowExecutionRequest>,
) -> Result<ResetWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let limits = &frontend.config.limits;
    let namespace = frontend.namespace(&request.namespace)?;
    validate::required_id("RequestId", &request.request_id, limits)?;
    let execution = validate::execution(request.workflow_execution.as_ref())?.clone();
    let mut exclude: Vec<_> = request.reset_reapply_exclude_types().collect();
    use ResetReapplyExcludeType as Exclude;
    match request.reset_reapply_type() {
        ResetReapplyType::Signal => exclude.push(Exclude::Update),
        ResetReapplyType::None => {
            exclude.extend([Exclude::Signal, Exclude::Update, Exclude::CancelRequest]);
        }
        ResetReapplyType::AllEligible | ResetReapplyType::Unspecified => {}
    }
    let identity = request.identity;
    let then = request
        .post_reset_operations
        .into_iter()
        .map(|operation| after_reset(operation, &identity))
        .collect::<Result<_, _>>()?;
    let reset = ResetRequest {
        workflow: namespace.workflow(&execution.workflow_id),
        run_id: execution.run_id,
        finish_event_id: request.workflow_task_finish_event_id,
        reason: request.reason,
        request_id: request.request_id,
        identity,
        exclude,
        then,
    };
    let run = frontend
        .shard
        .reset_workflow(reset)
        .await
        .map_err(status::refusal)?;
    Ok(ResetWorkflowExecutionResponse {
        run_id: run.run_id.to_string(),
    })
}

fn after_reset(operation: PostResetOperation, identity: &str) -> Result<AfterReset, Status> {
    match operation.variant {
        Some(post_reset_operation::Variant::SignalWorkflow(it)) => {
            let signal = Signal {
                name: it.signal_name,
                input: it.input,
                identity: identity.to_owned(),
                header: it.header,
                request_id: uuid::Uuid::new_v4().to_string(),
                external: None,
            };
            Ok(AfterReset::Signal(Box::new(signal), it.links))
        }
        Some(post_reset_operation::Variant::UpdateWorkflowOptions(it)) => {
            let options = it.workflow_execution_options;
            let update = update_options(options, it.update_mask, identity.to_owned())?;
            Ok(AfterReset::Options(Box::new(update)))
        }
        None => Err(invalid_argument("unsupported post reset operation")),
    }
}
