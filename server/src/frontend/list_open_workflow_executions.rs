//! ListOpenWorkflowExecutions: the older list of what runs, with fixed filters.

use mainspring_proto::{
    enums::v1::WorkflowExecutionStatus,
    filter::v1::{StartTimeFilter, WorkflowExecutionFilter, WorkflowTypeFilter},
    prost_types::Timestamp,
    workflowservice::v1::{
        ListOpenWorkflowExecutionsRequest, ListOpenWorkflowExecutionsResponse,
        list_open_workflow_executions_request::Filters,
    },
};
use tonic::{Request, Status};

use super::{Frontend, list_workflow_executions::list, status::invalid_argument};
use crate::visibility::{
    query::{Comparison, Field, Filter, Query, Test},
    search_attributes::Value,
    status_name,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ListOpenWorkflowExecutionsRequest>,
) -> Result<ListOpenWorkflowExecutionsResponse, Status> {
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    let mut parts = vec![of_status(WorkflowExecutionStatus::Running)];
    parts.extend(started(request.start_time_filter.as_ref())?);
    match &request.filters {
        Some(Filters::ExecutionFilter(filter)) => parts.extend(of_execution(filter)),
        Some(Filters::TypeFilter(filter)) => parts.push(of_type(filter)),
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
    Ok(ListOpenWorkflowExecutionsResponse {
        executions: page.executions,
        next_page_token: page.next_page_token,
    })
}

pub(super) fn all_of(parts: Vec<Filter>) -> Query {
    Query {
        filter: Filter::And(parts),
        group_by: None,
        names_division: false,
    }
}

pub(super) fn of_status(status: WorkflowExecutionStatus) -> Filter {
    keyword(Field::ExecutionStatus, status_name(status))
}

pub(super) fn of_type(filter: &WorkflowTypeFilter) -> Filter {
    keyword(Field::WorkflowType, &filter.name)
}

/// The workflow, and the run if one is named.
pub(super) fn of_execution(filter: &WorkflowExecutionFilter) -> Vec<Filter> {
    let mut parts = vec![keyword(Field::WorkflowId, &filter.workflow_id)];
    if !filter.run_id.is_empty() {
        parts.push(keyword(Field::RunId, &filter.run_id));
    }
    parts
}

/// Started within the filter's times; a bound that is not set does not bound.
pub(super) fn started(filter: Option<&StartTimeFilter>) -> Result<Option<Filter>, Status> {
    let Some(filter) = filter else {
        return Ok(None);
    };
    let earliest = filter.earliest_time.as_ref().map_or(i64::MIN, nanos);
    let latest = filter.latest_time.as_ref().map_or(i64::MAX, nanos);
    if earliest > latest {
        return Err(invalid_argument(
            "EarliestTime in StartTimeFilter should not be larger than LatestTime.",
        ));
    }
    let test = Test::Between(Value::Datetime(earliest), Value::Datetime(latest));
    Ok(Some(Filter::Is(Field::StartTime, test)))
}

fn keyword(field: Field, text: &str) -> Filter {
    let value = Value::Keyword(text.to_owned());
    Filter::Is(field, Test::Compare(Comparison::Equal, value))
}

fn nanos(time: &Timestamp) -> i64 {
    let seconds = time.seconds.saturating_mul(1_000_000_000);
    seconds.saturating_add(i64::from(time.nanos))
}
