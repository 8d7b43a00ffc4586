//! RespondActivityTaskCompleted: an activity has a result.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
};
use tonic::{Request, Status};

use crate::history::worker::Worker;

use super::{Frontend, activity_outcome, token::TaskToken, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskCompletedRequest>,
) -> Result<RespondActivityTaskCompletedResponse, Status> {
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
    activity_outcome::completed(frontend, target, request.result, worker).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}
