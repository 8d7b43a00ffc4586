//! QueryWorkflow.

use std::time::Duration;

use mainspring_proto::{
    enums::v1::{QueryRejectCondition, WorkflowExecutionStatus},
    query::v1::QueryRejected,
    workflowservice::v1::{QueryWorkflowRequest, QueryWorkflowResponse},
};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::shard::{
    RunSelector,
    queries::{Asked, QueryAnswer},
};

use super::{
    Frontend,
    status::{self, invalid_argument},
    validate,
};

/// How long a query waits for an answer if its caller does not say.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a query waits for the worker that has the run in its cache before any worker may have it.
const STICKY_WAIT: Duration = Duration::from_secs(5);

pub(super) async fn handle(
    frontend: &Frontend,
    request: Request<QueryWorkflowRequest>,
) -> Result<QueryWorkflowResponse, Status> {
    let wait = validate::long_poll_wait(&request, LONGEST_WAIT);
    let request = request.into_inner();
    let limits = &frontend.config.limits;
    let namespace = frontend.namespace(&request.namespace)?;
    let execution = validate::execution(request.execution.as_ref())?.clone();
    let condition = request.query_reject_condition();
    let Some(query) = request.query else {
        return Err(invalid_argument("WorkflowQuery is not set on request."));
    };
    validate::required_id("QueryType", &query.query_type, limits)?;
    if let Some(arguments) = &query.query_args {
        validate::size("QueryArgs", arguments, limits.blob_size)?;
    }
    let workflow = namespace.workflow(&execution.workflow_id);
    let asked = frontend
        .shard
        .ask(
            &workflow,
            RunSelector::run(&execution.run_id),
            query,
            |status| rejects(condition, status),
        )
        .await
        .map_err(status::refusal)?;
    match asked {
        Asked::Rejected(status) => Ok(QueryWorkflowResponse {
            query_rejected: Some(QueryRejected {
                status: status.into(),
            }),
            ..QueryWorkflowResponse::default()
        }),
        waiting @ Asked::Waiting { .. } => wait_for(frontend, waiting, Instant::now() + wait).await,
    }
}

async fn wait_for(
    frontend: &Frontend,
    asked: Asked,
    deadline: Instant,
) -> Result<QueryWorkflowResponse, Status> {
    let Asked::Waiting {
        caller,
        mut answer,
        task,
        normal,
        delayed,
    } = asked
    else {
        return Err(Status::internal("a rejected query does not wait"));
    };
    let shard = &frontend.shard;
    let direct = task.is_some();
    if matches!(task, Some((_, true))) {
        let patience = deadline.min(Instant::now() + STICKY_WAIT);
        tokio::select! {
            biased;
            answer = &mut answer => return answered(answer.ok()),
            () = tokio::time::sleep_until(patience) => {
                // Whoever comes first answers.
                shard.offer_query(&caller.run, &caller.query_id, &normal, false, &normal);
            }
        }
    }
    tokio::select! {
        biased;
        answer = answer => answered(answer.ok()),
        () = frontend.stopping.cancelled() => Err(Status::unavailable("the server is stopping")),
        () = tokio::time::sleep_until(deadline) => {
            if delayed {
                return Err(status::workflow_not_ready("Workflow task is not scheduled yet."));
            }
            if !shard.has_worker(&normal) {
                return Err(Status::failed_precondition(
                    "no poller seen for task queue recently, worker may be down",
                ));
            }
            if direct {
                return Err(Status::deadline_exceeded("query timed out before a worker could process it"));
            }
            Err(status::workflow_not_ready("no workflow task came in time to answer the query"))
        }
    }
}

fn answered(answer: Option<QueryAnswer>) -> Result<QueryWorkflowResponse, Status> {
    match answer {
        Some(QueryAnswer::Answered(result)) => Ok(QueryWorkflowResponse {
            query_result: result,
            ..QueryWorkflowResponse::default()
        }),
        Some(QueryAnswer::Failed { message, failure }) => {
            Err(status::query_failed(message, failure.map(|it| *it)))
        }
        None => Err(Status::unavailable("the query was lost; ask again")),
    }
}

fn rejects(condition: QueryRejectCondition, status: WorkflowExecutionStatus) -> bool {
    use WorkflowExecutionStatus::{Completed, Running};
    match condition {
        QueryRejectCondition::NotOpen => status != Running,
        QueryRejectCondition::NotCompletedCleanly => !matches!(status, Running | Completed),
        QueryRejectCondition::None | QueryRejectCondition::Unspecified => false,
    }
}
