//! ListNamespaces: all of them in the order of their names, in pages.

use mainspring_proto::{
    enums::v1::NamespaceState,
    workflowservice::v1::{ListNamespacesRequest, ListNamespacesResponse},
};
use tonic::{Request, Status};

use super::{Frontend, describe_namespace::describe, status::invalid_argument};

/// The size of a page that asks for none, and the most one may ask for.
const MAX_PAGE_SIZE: usize = 1000;

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListNamespacesRequest>,
) -> Result<ListNamespacesResponse, Status> {
    let request = request.into_inner();
    let page_size = match usize::try_from(request.page_size) {
        Ok(0) => MAX_PAGE_SIZE,
        Ok(size) => size.min(MAX_PAGE_SIZE),
        Err(_) => return Err(invalid_argument("PageSize must not be negative.")),
    };
    // The token is the last name of the page before.
    let after = std::str::from_utf8(&request.next_page_token)
        .map_err(|_| invalid_argument("Invalid NextPageToken."))?;

    let page = frontend.namespaces.page(after, page_size);
    let next_page_token = match page.last() {
        Some(last) if page.len() == page_size => last.name.clone().into_bytes().into(),
        _ => Default::default(),
    };
    let with_deleted = request
        .namespace_filter
        .is_some_and(|filter| filter.include_deleted);
    let namespaces = page
        .iter()
        .filter(|namespace| with_deleted || namespace.state != NamespaceState::Deleted)
        .map(|namespace| describe(namespace, &frontend.config.limits))
        .collect();
    Ok(ListNamespacesResponse {
        namespaces,
        next_page_token,
    })
}
