//! SignalWithStartWorkflowExecution: in one step, so that the signal finds the run it started.

use mainspring_proto::{
    enums::v1::{EventType, WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    workflowservice::v1::{
        SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
    },
};
use tonic::{Request, Status};

use crate::{config::Limits, history::decide::start_run::Signal};

use super::{
    Frontend, links,
    start_options::StartOptions,
    status::{self, invalid_argument},
    validate,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<SignalWithStartWorkflowExecutionRequest>,
) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
    let request = request.into_inner();
    let limits = &frontend.config.limits;
    let namespace = frontend.namespace_for_starts(&request.namespace)?;
    check_names(&request, limits)?;
    if let Some(input) = &request.signal_input {
        validate::size("SignalInput", input, limits.blob_size)?;
    }
    let mut signal = Signal {
        name: request.signal_name.clone(),
        input: request.signal_input.clone(),
        identity: request.identity.clone(),
        header: request.header.clone(),
        ..Signal::default()
    };
    let mut start = options(request).into_request(frontend, &namespace)?;
    if start.conflict == WorkflowIdConflictPolicy::Fail {
        return Err(invalid_argument(
            "Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for this operation.",
        ));
    }
    if start.conflict == WorkflowIdConflictPolicy::Unspecified
        && start.reuse != WorkflowIdReusePolicy::TerminateIfRunning
    {
        start.conflict = WorkflowIdConflictPolicy::UseExisting;
    }
    signal.request_id = start.request_id.clone();
    let request_id = start.request_id.clone();
    start.signal = Some(signal);
    let started = frontend
        .shard
        .start_workflow(start, |_, _| ())
        .await
        .map_err(status::refusal)?;
    Ok(SignalWithStartWorkflowExecutionResponse {
        signal_link: Some(links::request(
            &namespace.name,
            &started.run,
            &request_id,
            EventType::WorkflowExecutionSignaled,
        )),
        run_id: started.run.run_id.to_string(),
        first_execution_run_id: started.first_execution_run_id,
        started: started.started,
    })
}

/// This request has words of its own for what other requests refuse, too.
fn check_names(
    request: &SignalWithStartWorkflowExecutionRequest,
    limits: &Limits,
) -> Result<(), Status> {
    validate::new_workflow_id(&request.workflow_id, limits)?;
    let kind = request.workflow_type.as_ref().map_or("", |it| &it.name);
    for (missing, what, name) in [
        (Some("signal not set"), "signal name", &*request.signal_name),
        (Some("workflow type not set"), "workflow type name", kind),
        (None, "Request ID", &*request.request_id),
    ] {
        if let Some(missing) = missing.filter(|_| name.is_empty()) {
            return Err(invalid_argument(missing));
        }
        let (length, limit) = (name.len(), limits.id_length);
        if length > limit {
            return Err(invalid_argument(format!(
                "{what} exceeds maximum allowed length ({length}/{limit})"
            )));
        }
    }
    Ok(())
}

fn options(request: SignalWithStartWorkflowExecutionRequest) -> StartOptions {
    let reuse = request.workflow_id_reuse_policy();
    let conflict = request.workflow_id_conflict_policy();
    StartOptions {
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        input: request.input,
        execution_timeout: request.workflow_execution_timeout,
        run_timeout: request.workflow_run_timeout,
        task_timeout: request.workflow_task_timeout,
        identity: request.identity,
        request_id: request.request_id,
        reuse,
        conflict,
        on_conflict: None,
        retry_policy: request.retry_policy,
        cron_schedule: request.cron_schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
        header: request.header,
        start_delay: request.workflow_start_delay,
        user_metadata: request.user_metadata,
        links: request.links,
        versioning_override: request.versioning_override,
        priority: request.priority,
    }
}
