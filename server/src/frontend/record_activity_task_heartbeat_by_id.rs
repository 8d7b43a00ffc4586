//! RecordActivityTaskHeartbeatById: somebody is still at an activity, known by its id.

use mainspring_proto::workflowservice::v1::{
    RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RecordActivityTaskHeartbeatByIdRequest>,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Status> {
    let request = request.into_inner();
    let target = activity_outcome::Target::by_id(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        &request.activity_id,
    )?;
    let reply =
        activity_outcome::heartbeat(frontend, target, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested: reply.cancel_requested,
        activity_paused: reply.paused,
        activity_reset: reply.reset,
    })
}
