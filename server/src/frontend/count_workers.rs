//! CountWorkers.

use mainspring_proto::workflowservice::v1::{CountWorkersRequest, CountWorkersResponse};
use tonic::{Request, Status};

use super::{Frontend, status};
use crate::{visibility::query, workers};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<CountWorkersRequest>,
) -> Result<CountWorkersResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let query = query::parse(&request.query, &workers::query_fields()).map_err(status::query)?;
    let found = frontend
        .workers
        .list(&namespace.id, &query.filter, "", usize::MAX);
    Ok(CountWorkersResponse {
        count: found.len() as i64,
    })
}
