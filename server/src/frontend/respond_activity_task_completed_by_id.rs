//! RespondActivityTaskCompletedById: an activity has a result, says somebody who knows its id.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskCompletedByIdRequest>,
) -> Result<RespondActivityTaskCompletedByIdResponse, Status> {
    let request = request.into_inner();
    let target = activity_outcome::Target::by_id(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        &request.activity_id,
    )?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    activity_outcome::completed(frontend, target, request.result, request.identity.into()).await?;
    Ok(RespondActivityTaskCompletedByIdResponse {})
}
