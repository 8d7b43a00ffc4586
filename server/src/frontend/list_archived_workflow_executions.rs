//! ListArchivedWorkflowExecutions: there is no archive here, as on any server without one.

use mainspring_proto::workflowservice::v1::{
    ListArchivedWorkflowExecutionsRequest, ListArchivedWorkflowExecutionsResponse,
};
use tonic::{Request, Status};

use super::{Frontend, status::invalid_argument};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListArchivedWorkflowExecutionsRequest>,
) -> Result<ListArchivedWorkflowExecutionsResponse, Status> {
    frontend.namespace(&request.get_ref().namespace)?;
    Err(invalid_argument(
        "Cluster is not configured for visibility archival.",
    ))
}
