//! UnpauseActivity: attempts of an activity go on.

use mainspring_proto::workflowservice::v1::{
    UnpauseActivityRequest, UnpauseActivityResponse, unpause_activity_request::Activity,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::{Activities, UnpauseActivities};

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UnpauseActivityRequest>,
) -> Result<UnpauseActivityResponse, Status> {
    let request = request.into_inner();
    let execution = request.execution.as_ref();
    let target = operations::Target::of(frontend, &request.namespace, execution)?;
    let activities = match request.activity {
        Some(Activity::Id(id)) => operations::by_id(id)?,
        Some(Activity::Type(name)) => operations::by_type(name)?,
        Some(Activity::UnpauseAll(true)) => Activities::All,
        Some(Activity::UnpauseAll(false)) | None => return Err(operations::unnamed()),
    };
    let unpause = UnpauseActivities {
        activities,
        reset_attempts: request.reset_attempts,
        reset_heartbeat: request.reset_heartbeat,
        jitter: operations::jitter(request.jitter.as_ref())?,
    };
    target.operate(unpause).await?;
    Ok(UnpauseActivityResponse {})
}
