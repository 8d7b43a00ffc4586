//! PauseActivity: no further attempt of an activity begins.

use mainspring_proto::workflowservice::v1::{
    PauseActivityRequest, PauseActivityResponse, pause_activity_request::Activity,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::PauseActivities;

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<PauseActivityRequest>,
) -> Result<PauseActivityResponse, Status> {
    let request = request.into_inner();
    let execution = request.execution.as_ref();
    let target = operations::Target::of(frontend, &request.namespace, execution)?;
    let activities = match request.activity {
        Some(Activity::Id(id)) => operations::by_id(id)?,
        Some(Activity::Type(name)) => operations::by_type(name)?,
        None => return Err(operations::unnamed()),
    };
    let pause = PauseActivities {
        activities,
        identity: request.identity,
        reason: request.reason,
        request_id: request.request_id,
    };
    target.operate(pause).await?;
    Ok(PauseActivityResponse {})
}
