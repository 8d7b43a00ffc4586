//! ExecuteMultiOperation: update-with-start, the one combination there is.

use mainspring_proto::{
    enums::v1::EventType,
    errordetails::v1::{
        MultiOperationExecutionFailure, multi_operation_execution_failure::OperationStatus,
    },
    failure::v1::MultiOperationExecutionAborted,
    google::rpc,
    prost::{Message, Name},
    prost_types::Any,
    update::v1::Request as Update,
    workflowservice::v1::{
        ExecuteMultiOperationRequest, ExecuteMultiOperationResponse, StartWorkflowExecutionRequest,
        StartWorkflowExecutionResponse, UpdateWorkflowExecutionRequest,
        execute_multi_operation_request::operation::Operation,
        execute_multi_operation_response::{Response, response},
    },
};
use tokio::time::Instant;
use tonic::{Code, Request, Status};

use crate::shard::{start::StartRequest, updates::UpdateWait};

use super::{
    Frontend, links,
    start_options::refuse_callbacks,
    start_workflow_execution,
    status::{self, invalid_argument},
    update_workflow_execution::{LONG_POLL, answer, checked, wait_for},
    validate,
};

/// Which of the two operations is to blame.
#[derive(Clone, Copy)]
enum Blame {
    Start,
    Update,
}

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<ExecuteMultiOperationRequest>,
) -> Result<ExecuteMultiOperationResponse, Status> {
    let deadline = Instant::now() + validate::long_poll_wait(&request, LONG_POLL);
    let request = request.into_inner();
    let namespace = frontend.namespace_for_starts(&request.namespace)?;
    let (start, update) = operations(request)?;
    let start = prepare_start(frontend, &namespace, start).map_err(|s| failed(Blame::Start, s))?;
    let (update, update_id, wait) =
        prepare_update(frontend, &start, update).map_err(|s| failed(Blame::Update, s))?;
    let request_id = update.request_id.clone();
    let (started, found) = frontend
        .shard
        .start_with_update(start, update, wait, deadline)
        .await
        .map_err(|(is_update, refusal)| {
            let blame = if is_update {
                Blame::Update
            } else {
                Blame::Start
            };
            failed(blame, status::refusal(refusal))
        })?;
    let start = StartWorkflowExecutionResponse {
        link: Some(links::event(
            &namespace.name,
            &started.run,
            1,
            EventType::WorkflowExecutionStarted,
        )),
        run_id: started.run.run_id.to_string(),
        first_execution_run_id: started.first_execution_run_id,
        started: started.started,
        status: started.status.into(),
        eager_workflow_task: None,
    };
    let update = answer(&namespace.name, found, update_id, &request_id);
    let responses = [
        response::Response::StartWorkflow(start),
        response::Response::UpdateWorkflow(update),
    ];
    Ok(ExecuteMultiOperationResponse {
        responses: responses
            .into_iter()
            .map(|response| Response {
                response: Some(response),
            })
            .collect(),
    })
}

fn operations(
    request: ExecuteMultiOperationRequest,
) -> Result<
    (
        StartWorkflowExecutionRequest,
        UpdateWorkflowExecutionRequest,
    ),
    Status,
> {
    let wrong = || invalid_argument("Operations have to be exactly [Start, Update].");
    let [start, update] = <[_; 2]>::try_from(request.operations)
        .map_err(|_| wrong())?
        .map(|it| it.operation);
    let (Some(Operation::StartWorkflow(start)), Some(Operation::UpdateWorkflow(update))) =
        (start, update)
    else {
        return Err(wrong());
    };
    for (namespace, blame) in [
        (&start.namespace, Blame::Start),
        (&update.namespace, Blame::Update),
    ] {
        if !namespace.is_empty() && *namespace != request.namespace {
            let why = invalid_argument("Operation namespace did not match request's namespace.");
            return Err(failed(blame, why));
        }
    }
    Ok((start, update))
}

fn prepare_start(
    frontend: &Frontend,
    namespace: &crate::namespace::Namespace,
    start: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Status> {
    refuse_callbacks(&start.completion_callbacks)?;
    if !start.cron_schedule.is_empty() {
        return Err(invalid_argument("CronSchedule is not allowed."));
    }
    if start.request_eager_execution {
        return Err(invalid_argument("RequestEagerExecution is not supported."));
    }
    if start.workflow_start_delay.is_some() {
        return Err(invalid_argument("WorkflowStartDelay is not supported."));
    }
    let start = start_workflow_execution::options(start).into_request(frontend, namespace)?;
    Ok(StartRequest {
        // A run that is found is told of the update only. Temporal, too, checks the options and goes no further.
        attach: None,
        ..start
    })
}

fn prepare_update(
    frontend: &Frontend,
    start: &StartRequest,
    request: UpdateWorkflowExecutionRequest,
) -> Result<(Update, String, UpdateWait), Status> {
    let execution = validate::execution(request.workflow_execution.as_ref())?;
    if execution.workflow_id != *start.workflow.workflow_id {
        return Err(invalid_argument(
            "WorkflowId is not consistent with previous operation(s).",
        ));
    }
    if !execution.run_id.is_empty() {
        return Err(invalid_argument("RunId is not allowed."));
    }
    if !request.first_execution_run_id.is_empty() {
        return Err(invalid_argument("FirstExecutionRunId is not allowed."));
    }
    let wait = wait_for(request.wait_policy)?;
    let (update, update_id) = checked(frontend, request.request)?;
    Ok((update, update_id, wait))
}

/// One status per operation: the one to blame has its own, the other was aborted.
fn failed(blame: Blame, status: Status) -> Status {
    let own = OperationStatus {
        code: status.code() as i32,
        message: status.message().to_owned(),
        details: rpc::Status::decode(status.details())
            .map(|details| details.details)
            .unwrap_or_default(),
    };
    let aborted = OperationStatus {
        code: Code::Aborted as i32,
        message: "Operation was aborted.".to_owned(),
        details: vec![Any {
            type_url: format!(
                "type.googleapis.com/{}",
                MultiOperationExecutionAborted::full_name()
            ),
            value: MultiOperationExecutionAborted {}.encode_to_vec(),
        }],
    };
    let statuses = match blame {
        Blame::Start => vec![own, aborted],
        Blame::Update => vec![aborted, own],
    };
    status::with_detail(
        status.code(),
        "Update-with-Start could not be executed.",
        &MultiOperationExecutionFailure { statuses },
    )
}
