//! RemoveSearchAttributes: custom ones only. Executions keep their values; queries no longer see them.

use mainspring_proto::operatorservice::v1::{
    RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use tonic::{Request, Status};

use super::{super::status::invalid_argument, change_search_attributes};
use crate::{frontend::Frontend, visibility::search_attributes::is_reserved};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RemoveSearchAttributesRequest>,
) -> Result<RemoveSearchAttributesResponse, Status> {
    let request = request.into_inner();
    change_search_attributes(frontend, &request.namespace, |registered| {
        if request.search_attributes.is_empty() {
            return Err(invalid_argument("SearchAttributes are not set on request."));
        }
        for name in &request.search_attributes {
            // To be gone is what was asked for, so one that is not there is no reason to refuse.
            if registered.remove(name).is_none() && is_reserved(name) {
                return Err(invalid_argument(format!(
                    "Unable to remove non-custom search attributes: {name}."
                )));
            }
        }
        Ok(())
    })
    .await?;
    Ok(RemoveSearchAttributesResponse {})
}
