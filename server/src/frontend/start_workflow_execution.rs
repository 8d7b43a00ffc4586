//! StartWorkflowExecution.

use mainspring_proto::{
    enums::v1::EventType,
    workflowservice::v1::{StartWorkflowExecutionRequest, StartWorkflowExecutionResponse},
};
use tonic::{Request, Status};

use super::{
    Frontend, links,
    start_options::{StartOptions, refuse_callbacks},
    status,
    workflow_task::OutgoingTask,
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<StartWorkflowExecutionRequest>,
) -> Result<StartWorkflowExecutionResponse, Status> {
    start(frontend, request.into_inner()).await
}

pub(super) async fn start(
    frontend: &Frontend,
    request: StartWorkflowExecutionRequest,
) -> Result<StartWorkflowExecutionResponse, Status> {
    let namespace = frontend.namespace_for_starts(&request.namespace)?;
    refuse_callbacks(&request.completion_callbacks)?;
    let eager = request.request_eager_execution;
    let (failure, result) = (
        request.continued_failure.clone(),
        request.last_completion_result.clone(),
    );
    let mut start = options(request).into_request(frontend, &namespace)?;
    start.started.continued_failure = failure;
    start.started.last_completion_result = result;
    if eager {
        start.eager_identity = Some(start.started.identity.clone());
    }
    let shard = &frontend.shard;
    let started = shard
        .start_workflow(start, |run, first_task| {
            // A start that is sent again still gets its task, while nobody else could have it.
            let again = || {
                let task = run.state.workflow_task.as_ref()?;
                let untouched = eager
                    && run.state.started.eager_execution_accepted
                    && task.attempt == 1
                    && task.is_started()
                    && !run.state.has_completed_workflow_task();
                untouched.then(|| run.handed_out_task())?
            };
            first_task
                .or_else(again)
                .map(|task| OutgoingTask::of(run, task, false))
        })
        .await
        .map_err(status::refusal)?;
    let eager_workflow_task = match started.seen {
        Some(task) if started.started => Some(task.into_response(shard, 0).await?),
        _ => None,
    };
    let run = &started.run;
    let link = match &started.attached_as {
        Some(id) => {
            let kind = EventType::WorkflowExecutionOptionsUpdated;
            links::request(&namespace.name, run, id, kind)
        }
        None => links::event(&namespace.name, run, 1, EventType::WorkflowExecutionStarted),
    };
    Ok(StartWorkflowExecutionResponse {
        link: Some(link),
        run_id: started.run.run_id.to_string(),
        first_execution_run_id: started.first_execution_run_id,
        started: started.started,
        status: started.status.into(),
        eager_workflow_task,
    })
}

pub(super) fn options(request: StartWorkflowExecutionRequest) -> StartOptions {
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
        on_conflict: request.on_conflict_options,
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
