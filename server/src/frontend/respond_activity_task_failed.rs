//! RespondActivityTaskFailed: an attempt of an activity failed.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse,
};
use tonic::{Request, Status};

use crate::history::worker::Worker;

use super::{Frontend, activity_outcome, token::TaskToken, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskFailedRequest>,
) -> Result<RespondActivityTaskFailedResponse, Status> {
    let request = request.into_inner();
    let token = TaskToken::read(&request.task_token)?;
    frontend.namespace_of_token(&request.namespace, &token)?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    let run = token.run();
    let target = activity_outcome::Target {
        workflow: run.workflow,
        run_id: run.run_id.to_string(),
        activity: token.activity_selector(),
    };
    let worker = Worker {
        identity: request.identity,
        version: request.worker_version,
    };
    activity_outcome::failed(
        frontend,
        target,
        request.failure,
        request.last_heartbeat_details,
        worker,
    )
    .await?;
    Ok(RespondActivityTaskFailedResponse::default())
}
