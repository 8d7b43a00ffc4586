//! ListWorkflowExecutions: what a query asks for, in pages.

use std::sync::Arc;

use bytes::Bytes;
use mainspring_proto::workflowservice::v1::{
    ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse,
};
use tonic::{Request, Status};

use super::{
    Frontend,
    status::{self, invalid_argument},
};
use crate::{
    namespace::Namespace,
    visibility::{
        self, Page,
        query::{self, Query},
    },
};

/// The size of a page that asks for none, and the most one may ask for.
const MAX_PAGE_SIZE: usize = 1000;

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListWorkflowExecutionsRequest>,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let query =
        query::parse(&request.query, &namespace.search_attributes).map_err(status::query)?;
    if query.group_by.is_some() {
        return Err(invalid_argument(
            "invalid query: GROUP BY is for counts only",
        ));
    }
    let page = list(
        frontend,
        &namespace,
        query,
        request.page_size,
        request.next_page_token,
    )
    .await?;
    Ok(ListWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token,
    })
}

/// A page of any of the lists.
pub(super) async fn list(
    frontend: &Frontend,
    namespace: &Namespace,
    query: Query,
    page_size: i32,
    page_token: Bytes,
) -> Result<Page, Status> {
    let page_size = match usize::try_from(page_size) {
        Ok(0) | Err(_) => MAX_PAGE_SIZE,
        Ok(size) => size.min(MAX_PAGE_SIZE),
    };
    let namespace_id = Arc::clone(&namespace.id);
    frontend
        .ask_executions(move |store| {
            visibility::list(store, &namespace_id, &query, page_size, &page_token)
        })
        .await
}
