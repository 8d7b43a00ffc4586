//! A workflow task on its way to a worker.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use mainspring_proto::{
    common::v1::WorkflowType, enums::v1::TaskQueueKind, history::v1::History, prost::Message as _,
    query::v1::WorkflowQuery, taskqueue::v1::TaskQueue,
    workflowservice::v1::PollWorkflowTaskQueueResponse,
};
use tonic::Status;

use crate::{
    history::{
        decide::{fail_workflow_task::WorkflowTaskRef, workflow_task::StartedWorkflowTask},
        ids::{EventId, RunKey},
    },
    shard::{
        RunSelector, Shard,
        chain::Run,
        history_reader::{MAX_PAGE_EVENTS, Page},
    },
};

use super::{
    status,
    token::{HistoryToken, TaskToken},
};

/// What is known of a task when it is started. If part of its history is not in memory, that is read
/// after the run is unlocked.
#[derive(Debug)]
pub(crate) struct OutgoingTask {
    run: RunKey,
    task: StartedWorkflowTask,
    workflow_type: String,
    task_queue: String,
    queries: BTreeMap<String, WorkflowQuery>,
    first_event: EventId,
    page: Option<Page>,
}

impl OutgoingTask {
    /// Takes what is needed from the locked run. A worker that has the run in its cache gets only
    /// what is new to it.
    pub(crate) fn of(run: &Run, task: StartedWorkflowTask, cached: bool) -> Self {
        let state = &run.state;
        let riding = run.queries.iter().filter(|(_, waiting)| !waiting.direct);
        let first_event = match cached {
            true => task.previous_started_event_id + 1,
            false => 1,
        };
        Self {
            run: state.run.clone(),
            workflow_type: state.workflow_type().to_owned(),
            task_queue: state.task_queue().to_owned(),
            queries: riding
                .map(|(id, waiting)| (id.clone(), waiting.query.clone()))
                .collect(),
            first_event,
            page: run.recent_page(first_event, task.next_event_id),
            task,
        }
    }

    /// Whether the task still waits for its answer: it was started for a worker that went away.
    pub(crate) async fn is_current(&self, shard: &Arc<Shard>) -> bool {
        let started = |run: &mut Run| self.reference().find(&run.state).is_ok();
        let selector = RunSelector::run(&self.run.run_id);
        let current = shard.read(&self.run.workflow, selector, started).await;
        current.unwrap_or(false)
    }

    fn reference(&self) -> WorkflowTaskRef {
        WorkflowTaskRef {
            scheduled_event_id: self.task.scheduled_event_id,
            started_event_id: self.task.started_event_id,
            attempt: self.task.attempt,
            started_time: self.task.started_time,
        }
    }

    /// The message, with the first page of the history.
    pub(crate) async fn into_response(
        self,
        shard: &Arc<Shard>,
        backlog: usize,
    ) -> Result<PollWorkflowTaskQueueResponse, Status> {
        let token = TaskToken::workflow_task(&self.run, self.reference());
        let task = self.task;
        let to = task.next_event_id;
        let page = match self.page {
            Some(page) => page,
            None => shard
                .history_page(&self.run, self.first_event, to, MAX_PAGE_EVENTS)
                .await
                .map_err(status::refusal)?,
        };
        let mut history = History {
            encoded: page.events,
            events: Vec::new(),
        };
        let mut next_page_token = Bytes::new();
        if page.next < to {
            let token = HistoryToken {
                run_id: self.run.run_id.to_string(),
                from: page.next,
                to,
                unwritten: !task.unwritten.is_empty(),
                waits: false,
            };
            next_page_token = token.encode_to_vec().into();
        } else {
            history.events = task.unwritten;
        }
        Ok(PollWorkflowTaskQueueResponse {
            task_token: token.encode_to_vec().into(),
            workflow_execution: Some(self.run.execution()),
            workflow_type: Some(WorkflowType {
                name: self.workflow_type,
            }),
            previous_started_event_id: task.previous_started_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            backlog_count_hint: backlog as i64,
            history: Some(history),
            next_page_token,
            workflow_execution_task_queue: Some(normal_queue(self.task_queue)),
            scheduled_time: Some(task.scheduled_time.to_proto()),
            started_time: Some(task.started_time.to_proto()),
            queries: self.queries,
            messages: task.messages,
            ..PollWorkflowTaskQueueResponse::default()
        })
    }
}

/// The protocol's form of a normal queue.
pub(crate) fn normal_queue(name: String) -> TaskQueue {
    TaskQueue {
        name,
        kind: TaskQueueKind::Normal.into(),
        normal_name: String::new(),
    }
}

/// A task that carries one query and nothing else.
#[derive(Debug)]
pub(crate) struct OutgoingQuery {
    run: RunKey,
    workflow_type: String,
    task_queue: String,
    query: WorkflowQuery,
    query_id: String,
    previous_started_event_id: EventId,
    first_event: EventId,
    next_event_id: EventId,
}

impl OutgoingQuery {
    /// Takes what is needed from the locked run, if somebody still waits for the answer.
    pub(crate) fn of(run: &Run, query_id: &str, cached: bool) -> Option<Self> {
        let state = &run.state;
        let waiting = run.queries.get(query_id)?;
        // The worker must not see the events of a task that somebody else is at.
        let next_event_id = state.next_event_id;
        Some(Self {
            run: state.run.clone(),
            workflow_type: state.workflow_type().to_owned(),
            task_queue: state.task_queue().to_owned(),
            query: waiting.query.clone(),
            query_id: query_id.to_owned(),
            previous_started_event_id: state.previous_started_event_id,
            first_event: if cached { next_event_id } else { 1 },
            next_event_id,
        })
    }

    /// The message, with the first page of the history.
    pub(crate) async fn into_response(
        self,
        shard: &Arc<Shard>,
        backlog: usize,
    ) -> Result<PollWorkflowTaskQueueResponse, Status> {
        let page = shard
            .history_page(
                &self.run,
                self.first_event,
                self.next_event_id,
                MAX_PAGE_EVENTS,
            )
            .await
            .map_err(status::refusal)?;
        let mut next_page_token = Bytes::new();
        if page.next < self.next_event_id {
            let token = HistoryToken {
                run_id: self.run.run_id.to_string(),
                from: page.next,
                to: self.next_event_id,
                ..HistoryToken::default()
            };
            next_page_token = token.encode_to_vec().into();
        }
        Ok(PollWorkflowTaskQueueResponse {
            task_token: TaskToken::query(&self.run, &self.query_id)
                .encode_to_vec()
                .into(),
            workflow_execution: Some(self.run.execution()),
            workflow_type: Some(WorkflowType {
                name: self.workflow_type,
            }),
            previous_started_event_id: self.previous_started_event_id,
            attempt: 1,
            backlog_count_hint: backlog as i64,
            history: Some(History {
                encoded: page.events,
                events: Vec::new(),
            }),
            next_page_token,
            query: Some(self.query),
            workflow_execution_task_queue: Some(normal_queue(self.task_queue)),
            ..PollWorkflowTaskQueueResponse::default()
        })
    }
}
