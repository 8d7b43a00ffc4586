//! ScanWorkflowExecutions: the older name of ListWorkflowExecutions.

use mainspring_proto::workflowservice::v1::{
    ListWorkflowExecutionsRequest, ScanWorkflowExecutionsRequest, ScanWorkflowExecutionsResponse,
};
use tonic::{Request, Status};

use super::{Frontend, list_workflow_executions};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ScanWorkflowExecutionsRequest>,
) -> Result<ScanWorkflowExecutionsResponse, Status> {
    let request = request.map(|scan| ListWorkflowExecutionsRequest {
        namespace: scan.namespace,
        page_size: scan.page_size,
        next_page_token: scan.next_page_token,
        query: scan.query,
    });
    let list = list_workflow_executions::handle(frontend, request).await?;
    Ok(ScanWorkflowExecutionsResponse {
        executions: list.executions,
        next_page_token: list.next_page_token,
    })
}
