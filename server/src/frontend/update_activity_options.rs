//! UpdateActivityOptions: other options for what is pending.

use mainspring_proto::workflowservice::v1::{
    UpdateActivityOptionsRequest, UpdateActivityOptionsResponse,
    update_activity_options_request::Activity,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::{Activities, UpdateActivityOptions};

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UpdateActivityOptionsRequest>,
) -> Result<UpdateActivityOptionsResponse, Status> {
    let request = request.into_inner();
    let execution = request.execution.as_ref();
    let target = operations::Target::of(frontend, &request.namespace, execution)?;
    let activities = match request.activity {
        Some(Activity::Id(id)) => operations::by_id(id)?,
        Some(Activity::Type(name)) => operations::by_type(name)?,
        Some(Activity::MatchAll(true)) => Activities::All,
        Some(Activity::MatchAll(false)) | None => return Err(operations::unnamed()),
    };
    let update = UpdateActivityOptions {
        activities,
        update: operations::options_update(
            frontend,
            request.activity_options,
            request.update_mask,
            request.restore_original,
        )?,
    };
    let options = target.operate(update).await?;
    Ok(UpdateActivityOptionsResponse {
        activity_options: Some(options),
    })
}
