//! PollActivityTaskQueue: a worker waits for an activity.

use std::sync::Arc;

use mainspring_proto::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::{
    history::{decide::activity::StartActivityTask, rejection::Rejection},
    matching::{PollOptions, TaskQueueKey, TaskQueueType},
    shard::{Refusal, RunSelector, TaskRef},
};

use super::{Frontend, activity_task, status, validate, versions};

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<PollActivityTaskQueueRequest>,
) -> Result<PollActivityTaskQueueResponse, Status> {
    let wait = validate::poll_wait(&request)?;
    let request = request.into_inner();
    let namespace = frontend.namespace(&request.namespace)?;
    validate::identity(&request.identity, &frontend.config.limits)?;
    let task_queue = validate::task_queue(request.task_queue.as_ref(), &frontend.config.limits)?;
    versions::check_poll(
        request.worker_version_capabilities.as_ref(),
        request.deployment_options.as_ref(),
        task_queue,
    )?;
    let key = TaskQueueKey {
        namespace_id: Arc::clone(&namespace.id),
        name: task_queue.name.as_str().into(),
        queue_type: TaskQueueType::Activity,
    };
    let rate = request
        .task_queue_metadata
        .as_ref()
        .and_then(|it| it.max_tasks_per_second);
    let deadline = Instant::now() + wait;
    let shard = &frontend.shard;
    loop {
        let options = PollOptions {
            wait: deadline.saturating_duration_since(Instant::now()),
            identity: request.identity.clone(),
            worker_instance_key: request.worker_instance_key.clone(),
            max_tasks_per_second: rate,
            deployment_options: request.deployment_options.clone(),
            version: request.worker_version_capabilities.clone(),
        };
        let Some(found) = shard.matching.poll(&key, options).await else {
            return Ok(PollActivityTaskQueueResponse::default());
        };
        let promised = found.promised;
        let found = match found.take_if(TaskRef::into_started_activity) {
            Ok(task) if promised || activity_task::is_current(&task, shard).await => {
                return Ok(*task);
            }
            Ok(_) => continue,
            Err(found) => found,
        };
        let &TaskRef::Activity {
            ref run,
            scheduled_event_id,
            stamp,
        } = found.task()
        else {
            found.take();
            continue;
        };
        let start = StartActivityTask {
            scheduled_event_id,
            stamp,
            identity: request.identity.clone(),
        };
        let selector = RunSelector::run(&run.run_id);
        let started = shard
            .update_with(&run.workflow, selector, start, |run, ()| {
                activity_task::outgoing(run, scheduled_event_id, &namespace.name)
            })
            .await;
        found.take();
        match started {
            Ok((_, (), Some(task))) => return Ok(task),
            Ok((_, (), None))
            | Err(Refusal::Rejected(
                Rejection::StaleTask | Rejection::NotFound(_) | Rejection::Overgrown(_),
            )) => {}
            Err(refusal) => return Err(status::refusal(refusal)),
        }
    }
}
