//! ResetActivityExecution: an activity begins anew.

use mainspring_proto::workflowservice::v1::{
    ResetActivityExecutionRequest, ResetActivityExecutionResponse,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::ResetActivities;

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ResetActivityExecutionRequest>,
) -> Result<ResetActivityExecutionResponse, Status> {
    let request = request.into_inner();
    let target = operations::Target::of_activity(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
    )?;
    let reset = ResetActivities {
        activities: operations::by_id(request.activity_id)?,
        reset_heartbeat: request.reset_heartbeat,
        keep_paused: request.keep_paused,
        restore_options: request.restore_original_options,
        jitter: operations::jitter(request.jitter.as_ref())?,
    };
    target.operate(reset).await?;
    Ok(ResetActivityExecutionResponse {})
}
