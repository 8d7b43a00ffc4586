//! ListSearchAttributes: custom and built-in ones of a namespace. The Web UI asks on every list page.

use mainspring_proto::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{ListSearchAttributesRequest, ListSearchAttributesResponse},
};
use tonic::{Request, Status};

use crate::{
    frontend::Frontend,
    visibility::search_attributes::{PREDEFINED, SYSTEM},
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListSearchAttributesRequest>,
) -> Result<ListSearchAttributesResponse, Status> {
    let namespace = frontend.namespace(&request.get_ref().namespace)?;
    let number =
        |(name, value_type): (&str, IndexedValueType)| (name.to_owned(), value_type as i32);
    let custom = namespace.search_attributes.iter();
    Ok(ListSearchAttributesResponse {
        custom_attributes: custom
            .map(|(name, &value_type)| number((name, value_type)))
            .collect(),
        system_attributes: SYSTEM
            .iter()
            .chain(PREDEFINED)
            .copied()
            .map(number)
            .collect(),
        // There are no columns behind the names here.
        storage_schema: Default::default(),
    })
}
