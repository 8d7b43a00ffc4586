//! PollWorkflowTaskQueue: a worker waits for a workflow task, or for a query.

use std::sync::Arc;

use mainspring_proto::{
    enums::v1::TaskQueueKind,
    workflowservice::v1::{PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse},
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::{
    history::{
        decide::start_workflow_task::StartWorkflowTask, rejection::Rejection, worker::Worker,
    },
    matching::{PollOptions, TaskQueueKey, TaskQueueType},
    shard::{Refusal, RunSelector, TaskRef},
};

use super::{
    Frontend, status, validate, versions,
    workflow_task::{OutgoingQuery, OutgoingTask},
};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<PollWorkflowTaskQueueRequest>,
) -> Result<PollWorkflowTaskQueueResponse, Status> {
    let wait = validate::poll_wait(&request)?;
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    let task_queue = validate::task_queue(request.task_queue.as_ref(), &frontend.config.limits)?;
    let capabilities = request.worker_version_capabilities.as_ref();
    versions::check_poll(
        capabilities,
        request.deployment_options.as_ref(),
        task_queue,
    )?;
    let sticky = task_queue.kind() == TaskQueueKind::Sticky;
    let key = TaskQueueKey {
        namespace_id: Arc::clone(&namespace.id),
        name: task_queue.name.as_str().into(),
        queue_type: TaskQueueType::Workflow,
    };
    let deadline = Instant::now() + wait;
    let shard = &frontend.shard;
    loop {
        let options = PollOptions {
            wait: deadline.saturating_duration_since(Instant::now()),
            identity: request.identity.clone(),
            worker_instance_key: request.worker_instance_key.clone(),
            max_tasks_per_second: None,
            deployment_options: request.deployment_options.clone(),
            version: request.worker_version_capabilities.clone(),
        };
        let Some(found) = shard.matching.poll(&key, options).await else {
            return Ok(PollWorkflowTaskQueueResponse::default());
        };
        // A worker that hears of a backlog on its sticky queue sends every poller there until it
        // hears otherwise. Answers overtake each other, so the last it hears may be old, and then
        // nobody polls the normal queue for a minute.
        let backlog = if sticky { 0 } else { found.backlog };
        let promised = found.promised;
        let found = match found.take_if(TaskRef::into_started_workflow) {
            Ok(task) if promised || task.is_current(shard).await => {
                return task.into_response(shard, backlog).await;
            }
            Ok(_) => continue,
            Err(found) => found,
        };
        match found.task() {
            TaskRef::Workflow {
                run,
                scheduled_event_id,
                attempt,
            } => {
                let start = StartWorkflowTask {
                    scheduled_event_id: *scheduled_event_id,
                    attempt: *attempt,
                    worker: Worker {
                        identity: request.identity.clone(),
                        version: versions::stamp(capabilities),
                    },
                    request_id: uuid::Uuid::new_v4().to_string(),
                };
                let selector = RunSelector::run(&run.run_id);
                let started = shard
                    .update_with(&run.workflow, selector, start, |run, task| {
                        OutgoingTask::of(run, task.clone(), sticky)
                    })
                    .await;
                found.take();
                match started {
                    Ok((_, _, task)) => return task.into_response(shard, backlog).await,
                    Err(Refusal::Rejected(
                        Rejection::StaleTask | Rejection::NotFound(_) | Rejection::Overgrown(_),
                    )) => {}
                    Err(refusal) => return Err(status::refusal(refusal)),
                }
            }
            TaskRef::Query { run, query_id } => {
                let selector = RunSelector::run(&run.run_id);
                let query = shard
                    .read(&run.workflow, selector, |run| {
                        OutgoingQuery::of(run, query_id, sticky)
                    })
                    .await;
                found.take();
                if let Ok(Some(query)) = query {
                    return query.into_response(shard, backlog).await;
                }
            }
            _ => {
                found.take();
            }
        }
    }
}
