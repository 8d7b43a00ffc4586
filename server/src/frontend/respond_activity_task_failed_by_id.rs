//! RespondActivityTaskFailedById: an attempt failed, says somebody who knows its id.

use mainspring_proto::workflowservice::v1::{
    RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse,
};
use tonic::{Request, Status};

use super::{Frontend, activity_outcome, validate};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondActivityTaskFailedByIdRequest>,
) -> Result<RespondActivityTaskFailedByIdResponse, Status> {
    let request = request.into_inner();
    let target = activity_outcome::Target::by_id(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
        &request.activity_id,
    )?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    activity_outcome::failed(
        frontend,
        target,
        request.failure,
        request.last_heartbeat_details,
        request.identity.into(),
    )
    .await?;
    Ok(RespondActivityTaskFailedByIdResponse::default())
}
