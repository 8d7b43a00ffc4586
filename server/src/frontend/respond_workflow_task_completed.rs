//! RespondWorkflowTaskCompleted: what the workflow wants done, and answers to queries and updates.

use std::{sync::Arc, time::Duration};

use std::collections::BTreeMap;

use mainspring_proto::{
    query::v1::WorkflowQueryResult,
    workflowservice::v1::{
        PollActivityTaskQueueResponse, RespondWorkflowTaskCompletedRequest,
        RespondWorkflowTaskCompletedResponse,
    },
};
use tonic::{Request, Status};

use crate::{
    history::{
        decide::complete_workflow_task::{CompleteWorkflowTask, Completion},
        time::duration,
        worker::Worker,
        workflow_task::Sticky,
    },
    matching::TaskQueueKey,
    shard::{
        RunSelector,
        chain::Run,
        queries::{QueryAnswer, normal_queue, redirect_waiting},
    },
};

use super::{
    Frontend, activity_task,
    status::{self, invalid_argument},
    token::TaskToken,
    validate, versions,
    workflow_task::OutgoingTask,
};

/// How long a task may wait on the sticky queue if the worker does not say.
const DEFAULT_STICKY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is taken from the run while it is locked.
struct Seen {
    next_task: Option<OutgoingTask>,
    activities: Vec<PollActivityTaskQueueResponse>,
    redirected: Vec<(String, TaskQueueKey, bool)>,
    normal: TaskQueueKey,
}

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<RespondWorkflowTaskCompletedRequest>,
) -> Result<RespondWorkflowTaskCompletedResponse, Status> {
    let mut request = request.into_inner();
    validate::identity(&request.identity, &frontend.config.limits)?;
    versions::check_completion(&request)?;
    let token = TaskToken::read(&request.task_token)?;
    let namespace = frontend.namespace_of_token(&request.namespace, &token)?;
    let run = token.run();
    let query_results = std::mem::take(&mut request.query_results);
    // Who keeps a task alive has what came before it, and who promises to keep the run has it too.
    let cached = request.sticky_attributes.is_some() || request.force_create_new_workflow_task;
    let complete = completion(request, &token);
    let shard = &frontend.shard;
    let (run, completion, seen) = shard
        .update_with(
            &run.workflow,
            RunSelector::run(&run.run_id),
            complete,
            |run, completion| {
                if matches!(completion, Completion::Done(_)) {
                    answer_queries(run, query_results, frontend.config.limits.blob_size);
                }
                look(run, completion, cached, &namespace.name)
            },
        )
        .await
        .map_err(status::refusal)?;
    for (query_id, queue, sticky) in &seen.redirected {
        shard.offer_query(&run, query_id, queue, *sticky, &seen.normal);
    }
    let done = match completion {
        Completion::Done(done) => done,
        Completion::Refused { message, .. } => return Err(invalid_argument(message)),
        Completion::HeartbeatTimeout => {
            return Err(status::not_found("workflow task heartbeat timeout"));
        }
    };
    let workflow_task = match seen.next_task {
        Some(task) => Some(task.into_response(shard, 0).await?),
        None => None,
    };
    Ok(RespondWorkflowTaskCompletedResponse {
        workflow_task,
        activity_tasks: seen.activities,
        reset_history_event_id: done.reset_history_event_id,
    })
}

fn completion(
    request: RespondWorkflowTaskCompletedRequest,
    token: &TaskToken,
) -> CompleteWorkflowTask {
    let deployment_name = versions::deployment_name(&request);
    let deployment_version = versions::deployment_version(&request);
    let sticky = request.sticky_attributes.and_then(|sticky| {
        let queue = sticky
            .worker_task_queue
            .filter(|queue| !queue.name.is_empty())?;
        let timeout = duration(&sticky.schedule_to_start_timeout);
        Some(Sticky {
            queue: queue.name.as_str().into(),
            schedule_to_start: if timeout.is_zero() {
                DEFAULT_STICKY_TIMEOUT
            } else {
                timeout
            },
        })
    });
    CompleteWorkflowTask {
        task: token.workflow_task_ref(),
        deployment_name,
        deployment_version,
        commands: request.commands,
        messages: request.messages,
        worker: Worker {
            identity: request.identity,
            version: request.worker_version_stamp,
        },
        sticky,
        return_new_task: request.return_new_workflow_task,
        force_new_task: request.force_create_new_workflow_task,
        can_discard_speculative: request
            .capabilities
            .is_some_and(|it| it.discard_speculative_workflow_task_with_events),
        takes_eager_activities: true,
        binary_checksum: request.binary_checksum,
        versioning_behavior: request.versioning_behavior,
        sdk_metadata: request.sdk_metadata,
        metering_metadata: request.metering_metadata,
    }
}

fn answer_queries(run: &mut Run, results: BTreeMap<String, WorkflowQueryResult>, limit: usize) {
    for (id, result) in results {
        if let Some(waiting) = run.queries.remove(&id) {
            // Whoever asked may have gone.
            let _ = waiting.answer.send(QueryAnswer::of(result, limit));
        }
    }
}

fn look(run: &mut Run, completion: &Completion, cached: bool, namespace: &str) -> Seen {
    let (next_task, activities) = match completion {
        Completion::Done(done) => (
            done.next_task
                .clone()
                .map(|task| OutgoingTask::of(run, task, cached)),
            done.eager_activities
                .iter()
                .filter_map(|id| activity_task::outgoing(run, *id, namespace))
                .collect(),
        ),
        _ => (None, Vec::new()),
    };
    Seen {
        next_task,
        activities,
        redirected: redirect_waiting(run),
        normal: normal_queue(run),
    }
}

impl Frontend {
    /// The namespace of a request that carries a token; the token must be from there.
    pub(crate) fn namespace_of_token(
        &self,
        name: &str,
        token: &TaskToken,
    ) -> Result<Arc<crate::namespace::Namespace>, Status> {
        let id = token.run().workflow.namespace_id;
        let namespace = match name {
            "" => self.namespaces.by_id(&id).map_err(status::namespace)?,
            name => self.namespace(name)?,
        };
        if namespace.id != id {
            return Err(invalid_argument(
                "Operation requested with a token from a different namespace.",
            ));
        }
        Ok(namespace)
    }
}
