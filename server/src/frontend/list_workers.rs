//! ListWorkers: those that have said they are there.

use mainspring_proto::{
    worker::v1::WorkerInfo,
    workflowservice::v1::{ListWorkersRequest, ListWorkersResponse},
};
use tonic::{Request, Status};

use super::{
    Frontend,
    status::{self, invalid_argument},
};
use crate::{visibility::query, workers};

/// The size of a page that asks for none, and the most one may ask for.
const MAX_PAGE_SIZE: usize = 1000;

// The longer list is for clients that do not know the shorter one yet.
pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListWorkersRequest>,
) -> Result<ListWorkersResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let query = query::parse(&request.query, &workers::query_fields()).map_err(status::query)?;
    let page_size = match usize::try_from(request.page_size) {
        Ok(0) => MAX_PAGE_SIZE,
        Ok(size) => size.min(MAX_PAGE_SIZE),
        Err(_) => return Err(invalid_argument("PageSize must not be negative.")),
    };
    // The token is the last key of the page before.
    let after = std::str::from_utf8(&request.next_page_token).map_err(|_| status::page_token())?;
    let page = frontend
        .workers
        .list(&namespace.id, &query.filter, after, page_size);
    let next_page_token = match page.last() {
        Some(last) if page.len() == page_size => last.worker_instance_key.clone().into(),
        _ => Default::default(),
    };
    Ok(ListWorkersResponse {
        workers_info: page
            .iter()
            .map(|heartbeat| WorkerInfo {
                worker_heartbeat: Some((**heartbeat).clone()),
            })
            .collect(),
        workers: page
            .iter()
            .map(|heartbeat| workers::in_short(heartbeat))
            .collect(),
        next_page_token,
    })
}
