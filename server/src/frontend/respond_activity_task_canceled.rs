//! RespondActivityTaskCanceled: an activity obeyed the request to cancel.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome, token::TaskToken, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskCanceledRequest>,
) -> Result<RespondActivityTaskCanceledResponse, Status> {
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
    activity_outcome::canceled(frontend, target, request.details, request.identity).await?;
    Ok(RespondActivityTaskCanceledResponse {})
}
