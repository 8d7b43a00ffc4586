//! ResetActivity: an activity begins anew.

use mainspring_proto::workflowservice::v1::{
    ResetActivityRequest, ResetActivityResponse, reset_activity_request::Activity,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::{Activities, ResetActivities};

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ResetActivityRequest>,
) -> Result<ResetActivityResponse, Status> {
    let request = request.into_inner();
    let execution = request.execution.as_ref();
    let target = operations::Target::of(frontend, &request.namespace, execution)?;
    let activities = match request.activity {
        Some(Activity::Id(id)) => operations::by_id(id)?,
        Some(Activity::Type(name)) => operations::by_type(name)?,
        Some(Activity::MatchAll(true)) => Activities::All,
        Some(Activity::MatchAll(false)) | None => return Err(operations::unnamed()),
    };
    let reset = ResetActivities {
        activities,
        reset_heartbeat: request.reset_heartbeat,
        keep_paused: request.keep_paused,
        restore_options: request.restore_original_options,
        jitter: operations::jitter(request.jitter.as_ref())?,
    };
    target.operate(reset).await?;
    Ok(ResetActivityResponse {})
}
