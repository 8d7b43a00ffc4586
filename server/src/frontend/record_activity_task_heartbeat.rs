//! RecordActivityTaskHeartbeat: a worker is still at an activity.

use mainspring_proto::workflowservice::v1::{
    RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome, token::TaskToken};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RecordActivityTaskHeartbeatRequest>,
) -> Result<RecordActivityTaskHeartbeatResponse, Status> {
    let request = request.into_inner();
    let token = TaskToken::read(&request.task_token)?;
    frontend.namespace_of_token(&request.namespace, &token)?;
    let run = token.run();
    let target = activity_outcome::Target {
        workflow: run.workflow,
        run_id: run.run_id.to_string(),
        activity: token.activity_selector(),
    };
    let reply =
        activity_outcome::heartbeat(frontend, target, request.details, request.identity).await?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested: reply.cancel_requested,
        activity_paused: reply.paused,
        activity_reset: reply.reset,
    })
}
