//! UnpauseActivityExecution: attempts of an activity go on.

use mainspring_proto::workflowservice::v1::{
    UnpauseActivityExecutionRequest, UnpauseActivityExecutionResponse,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::UnpauseActivities;

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UnpauseActivityExecutionRequest>,
) -> Result<UnpauseActivityExecutionResponse, Status> {
    let request = request.into_inner();
    let target = operations::Target::of_activity(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
    )?;
    let unpause = UnpauseActivities {
        activities: operations::by_id(request.activity_id)?,
        reset_attempts: false,
        reset_heartbeat: false,
        jitter: operations::jitter(request.jitter.as_ref())?,
    };
    target.operate(unpause).await?;
    Ok(UnpauseActivityExecutionResponse {})
}
