//! RespondActivityTaskCompleted: an activity has a result.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome, token::TaskToken};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskCompletedRequest>,
) -> Result<RespondActivityTaskCompletedResponse, Status> {
    let request = request.into_inner();
    let token = TaskToken::read(&request.task_token)?;
    frontend.namespace_of_token(&request.namespace, &token)?;
    let run = token.run();
    let target = activity_outcome::Target {
        workflow: run.workflow,
        run_id: run.run_id.to_string(),
        activity: token.activity_selector(),
    };
    activity_outcome::completed(frontend, target, request.result, request.identity).await?;
    Ok(RespondActivityTaskCompletedResponse {})
}
