//! ListClosedWorkflowExecutions: the older list of what has closed, with fixed filters.

use mainspring_proto::{
    enums::v1::WorkflowExecutionStatus,
    workflowservice::v1::{
        ListClosedWorkflowExecutionsRequest, ListClosedWorkflowExecutionsResponse,
        list_closed_workflow_executions_request::Filters,
    },
};
use tonic::{Request, Status};

use super::{
    Frontend,
    list_open_workflow_executions::{all_of, of_execution, of_status, of_type, started},
    list_workflow_executions::list,
    status::invalid_argument,
};
use crate::visibility::query::Filter;

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListClosedWorkflowExecutionsRequest>,
) -> Result<ListClosedWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let running = of_status(WorkflowExecutionStatus::Running);
    let mut parts = vec![Filter::Not(Box::new(running))];
    parts.extend(started(request.start_time_filter.as_ref())?);
    match &request.filters {
        Some(Filters::ExecutionFilter(filter)) => parts.extend(of_execution(filter)),
        Some(Filters::TypeFilter(filter)) => parts.push(of_type(filter)),
        Some(Filters::StatusFilter(filter)) => match filter.status() {
            WorkflowExecutionStatus::Unspecified | WorkflowExecutionStatus::Running => {
                return Err(invalid_argument(
                    "StatusFilter must be specified and must be not Running.",
                ));
            }
            status => parts.push(of_status(status)),
        },
        None => {}
    }
    let page = list(
        frontend,
        &namespace,
        all_of(parts),
        request.maximum_page_size,
        request.next_page_token,
    )
    .await?;
    Ok(ListClosedWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token,
    })
}
