//! AddSearchAttributes: as many as wanted; one that is there with the same type stays as it is.

use mainspring_proto::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{AddSearchAttributesRequest, AddSearchAttributesResponse},
};
use tonic::{Request, Status};

use super::{super::status::invalid_argument, change_search_attributes};
use crate::{
    frontend::{Frontend, validate},
    visibility::search_attributes::{is_reserved, type_name},
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<AddSearchAttributesRequest>,
) -> Result<AddSearchAttributesResponse, Status> {
    let request = request.into_inner();
    change_search_attributes(frontend, &request.namespace, |registered| {
        if request.search_attributes.is_empty() {
            return Err(invalid_argument("SearchAttributes are not set on request."));
        }
        for (name, value_type) in request.search_attributes {
            validate::required_id("SearchAttribute name", &name, &frontend.config.limits)?;
            if is_reserved(&name) {
                return Err(invalid_argument(format!(
                    "Search attribute {name} is reserved by system."
                )));
            }
            let value_type = match IndexedValueType::try_from(value_type) {
                Ok(IndexedValueType::Unspecified) | Err(_) => {
                    return Err(invalid_argument(format!(
                        "Unknown search attribute type: {value_type}."
                    )));
                }
                Ok(value_type) => value_type,
            };
            let current = *registered.entry(name.clone()).or_insert(value_type);
            if current != value_type {
                return Err(invalid_argument(format!(
                    "Search attribute {name} already exists with type {}.",
                    type_name(current)
                )));
            }
        }
        Ok(())
    })
    .await?;
    Ok(AddSearchAttributesResponse {})
}
