//! PauseActivityExecution: no further attempt of an activity begins.

use mainspring_proto::workflowservice::v1::{
    PauseActivityExecutionRequest, PauseActivityExecutionResponse,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::PauseActivities;

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<PauseActivityExecutionRequest>,
) -> Result<PauseActivityExecutionResponse, Status> {
    let request = request.into_inner();
    let target = operations::Target::of_activity(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
    )?;
    let pause = PauseActivities {
        activities: operations::by_id(request.activity_id)?,
        identity: request.identity,
        reason: request.reason,
        request_id: request.request_id,
    };
    target.operate(pause).await?;
    Ok(PauseActivityExecutionResponse {})
}
