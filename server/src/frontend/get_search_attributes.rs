//! GetSearchAttributes: the older list of every name with its type, over all namespaces.

use mainspring_proto::workflowservice::v1::{
    GetSearchAttributesRequest, GetSearchAttributesResponse,
};
use tonic::{Request, Status};

use super::Frontend;
use crate::visibility::search_attributes::{PREDEFINED, SYSTEM};

pub(super) async fn handle(
    frontend: &Frontend,
    _request: Request<GetSearchAttributesRequest>,
) -> Result<GetSearchAttributesResponse, Status> {
    let builtin = SYSTEM.iter().chain(PREDEFINED);
    let mut keys: std::collections::BTreeMap<_, _> = builtin
        .map(|&(name, value_type)| (name.to_owned(), value_type as i32))
        .collect();
    for namespace in frontend.namespaces.page("", usize::MAX) {
        let custom = namespace.search_attributes.iter();
        keys.extend(custom.map(|(name, &value_type)| (name.clone(), value_type as i32)));
    }
    Ok(GetSearchAttributesResponse { keys })
}
