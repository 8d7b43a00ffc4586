//! Queries: they never touch the state. One rides on the next workflow task if there will be one,
//! so that it sees what the workflow is about to do; otherwise it gets a task of its own.

use std::{sync::Arc, time::Duration};

use mainspring_proto::{
    common::v1::Payloads,
    enums::v1::{QueryResultType, WorkflowExecutionStatus},
    failure::v1::Failure,
    prost::Message as _,
    query::v1::{WorkflowQuery, WorkflowQueryResult},
};
use tokio::sync::oneshot;

use crate::{
    history::{
        ids::{RunKey, WorkflowKey},
        rejection::Rejection,
        state::FirstTask,
    },
    matching::{TaskQueueKey, TaskQueueType},
};

use super::{
    Refusal, RunSelector, Shard, TaskRef,
    chain::{Run, WaitingQuery},
    dispatch::priority_of,
};

/// From this attempt on a workflow task is failing, and queries are refused rather than queued.
const FAILING_ATTEMPT: i32 = 3;

/// A task queue that nobody has polled for this long has no worker.
const WORKER_ABSENCE: Duration = Duration::from_secs(2 * 60);

/// What the worker said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum QueryAnswer {
    Answered(Option<Payloads>),
    Failed {
        message: String,
        failure: Option<Box<Failure>>,
    },
}

impl QueryAnswer {
    /// What a worker's result says, if it has at most `limit` bytes.
    pub(crate) fn of(result: WorkflowQueryResult, limit: usize) -> Self {
        let size = result.answer.as_ref().map_or(0, Payloads::encoded_len);
        match result.result_type() {
            QueryResultType::Answered if size > limit => Self::Failed {
                message: "query result exceeds size limit".to_owned(),
                failure: None,
            },
            QueryResultType::Answered => Self::Answered(result.answer),
            _ => Self::Failed {
                message: result.error_message,
                failure: result.failure.map(Box::new),
            },
        }
    }
}

/// What is to be done with a query.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The caller does not want an answer from a run in this state.
    Rejected(WorkflowExecutionStatus),
    /// An answer will come here.
    Waiting {
        /// The one who waits.
        caller: Caller,
        answer: oneshot::Receiver<QueryAnswer>,
        /// The task of its own, if it has one: the queue, and whether that is the sticky one.
        task: Option<(TaskQueueKey, bool)>,
        /// The queue that the run's worker must be polling.
        normal: TaskQueueKey,
        /// Whether the run's first workflow task is held back.
        delayed: bool,
    },
}

/// Whoever waits for the answer to a query, which is withdrawn when this is dropped: a caller that goes away does not say
/// so, and what is asked keeps time from being skipped.
#[derive(Debug)]
pub(crate) struct Caller {
    shard: Arc<Shard>,
    pub(crate) run: RunKey,
    pub(crate) query_id: String,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.shard.withdraw_query(&self.run, &self.query_id);
    }
}

impl Shard {
    /// Puts a query to a run.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        workflow: &WorkflowKey,
        selector: RunSelector<'_>,
        query: WorkflowQuery,
        rejects: impl FnOnce(WorkflowExecutionStatus) -> bool,
    ) -> Result<Asked, Refusal> {
        let asked = self
            .read(workflow, selector, |run| ask(self, run, query, rejects))
            .await??;
        let Asked::Waiting {
            caller,
            task: Some((queue, sticky)),
            normal,
            ..
        } = &asked
        else {
            return Ok(asked);
        };
        self.offer_query(&caller.run, &caller.query_id, queue, *sticky, normal);
        Ok(asked)
    }

    /// Offers a query's own task: to the worker that has the run in its cache, or to any.
    pub(crate) fn offer_query(
        &self,
        run: &RunKey,
        query_id: &str,
        queue: &TaskQueueKey,
        sticky: bool,
        normal: &TaskQueueKey,
    ) {
        let task = TaskRef::Query {
            run: run.clone(),
            query_id: query_id.to_owned(),
        };
        let priority = priority_of(&None);
        if sticky {
            if let Err(task) = self.matching.add_sticky(queue, task, priority) {
                self.matching.add(normal, task, priority);
            }
        } else {
            self.matching.add(queue, task, priority);
        }
    }

    /// Whether any worker could answer.
    pub(crate) fn has_worker(&self, queue: &TaskQueueKey) -> bool {
        self.matching.has_poller(queue, WORKER_ABSENCE)
    }

    /// Forgets a query whose caller no longer waits.
    fn withdraw_query(&self, run: &RunKey, query_id: &str) {
        let handle = self.workflow(&run.workflow);
        if let Some(run) = handle.lock().hot(&run.run_id) {
            run.queries.remove(query_id);
        }
        drop(handle);
        self.forget_if_cold(&run.workflow);
    }

    /// Passes an answer on.
    ///
    /// # Errors
    /// When nobody waits for it any more.
    pub(crate) async fn answer_query(
        &self,
        run: &RunKey,
        query_id: &str,
        answer: QueryAnswer,
    ) -> Result<(), Refusal> {
        let selector = RunSelector::run(&run.run_id);
        let waiting = self
            .read(&run.workflow, selector, |run| run.queries.remove(query_id))
            .await?;
        let Some(waiting) = waiting else {
            return Err(
                Rejection::NotFound("query task not found, or already expired".to_owned()).into(),
            );
        };
        let _ = waiting.answer.send(answer);
        Ok(())
    }
}

fn ask(
    shard: &Arc<Shard>,
    run: &mut Run,
    query: WorkflowQuery,
    rejects: impl FnOnce(WorkflowExecutionStatus) -> bool,
) -> Result<Asked, Rejection> {
    let state = &run.state;
    if rejects(state.status) {
        return Ok(Asked::Rejected(state.status));
    }
    if !state.is_open() && !state.has_completed_workflow_task() {
        return Err(Rejection::WorkflowNotReady(
            "Workflow execution closed before WorkflowTaskStarted event".to_owned(),
        ));
    }
    if state
        .workflow_task
        .as_ref()
        .is_some_and(|task| task.attempt >= FAILING_ATTEMPT)
    {
        return Err(Rejection::WorkflowNotReady(
            "Unable to query workflow due to Workflow Task in failed state.".to_owned(),
        ));
    }
    let direct = is_answered_directly(run);
    let query_id = uuid::Uuid::new_v4().to_string();
    let (answer, answered) = oneshot::channel();
    let task = direct.then(|| query_queue(run));
    let normal = normal_queue(run);
    let key = run.state.run.clone();
    run.queries.insert(
        query_id.clone(),
        WaitingQuery {
            query,
            direct,
            answer,
            _at_work: shard.clock(&key.workflow).hold(),
        },
    );
    Ok(Asked::Waiting {
        caller: Caller {
            shard: Arc::clone(shard),
            run: key,
            query_id,
        },
        answer: answered,
        task,
        normal,
        delayed: run.state.first_task != FirstTask::Scheduled,
    })
}

/// Whether no workflow task is coming that a query could ride on, and the run has a past to look at.
fn is_answered_directly(run: &Run) -> bool {
    let state = &run.state;
    state.has_completed_workflow_task() && (!state.is_open() || state.workflow_task.is_none())
}

/// The queries that were waiting for a workflow task in vain get tasks of their own. Returns what
/// to offer, with the queue and whether that is the sticky one.
pub(crate) fn redirect_waiting(run: &mut Run) -> Vec<(String, TaskQueueKey, bool)> {
    if run.queries.is_empty() || !is_answered_directly(run) {
        return Vec::new();
    }
    let (queue, sticky) = query_queue(run);
    let mut redirected = Vec::new();
    for (id, waiting) in &mut run.queries {
        if !std::mem::replace(&mut waiting.direct, true) {
            redirected.push((id.clone(), queue.clone(), sticky));
        }
    }
    redirected
}

fn query_queue(run: &Run) -> (TaskQueueKey, bool) {
    match &run.state.sticky {
        Some(sticky) => (
            TaskQueueKey {
                namespace_id: Arc::clone(&run.state.run.workflow.namespace_id),
                name: Arc::clone(&sticky.queue),
                queue_type: TaskQueueType::Workflow,
            },
            true,
        ),
        None => (normal_queue(run), false),
    }
}

/// The queue that any worker of the run polls.
pub(crate) fn normal_queue(run: &Run) -> TaskQueueKey {
    TaskQueueKey {
        namespace_id: Arc::clone(&run.state.run.workflow.namespace_id),
        name: run.state.task_queue().into(),
        queue_type: TaskQueueType::Workflow,
    }
}
