//! UpdateActivityExecutionOptions: other options for what is pending.

use mainspring_proto::workflowservice::v1::{
    UpdateActivityExecutionOptionsRequest, UpdateActivityExecutionOptionsResponse,
};
use tonic::{Request, Status};

use crate::history::decide::activity_operations::UpdateActivityOptions;

use super::{Frontend, activity_operations as operations};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<UpdateActivityExecutionOptionsRequest>,
) -> Result<UpdateActivityExecutionOptionsResponse, Status> {
    let request = request.into_inner();
    let target = operations::Target::of_activity(
        frontend,
        &request.namespace,
        &request.workflow_id,
        &request.run_id,
    )?;
    let update = UpdateActivityOptions {
        activities: operations::by_id(request.activity_id)?,
        update: operations::options_update(
            frontend,
            request.activity_options,
            request.update_mask,
            request.restore_original,
        )?,
    };
    let options = target.operate(update).await?;
    Ok(UpdateActivityExecutionOptionsResponse {
        activity_options: Some(options),
    })
}
