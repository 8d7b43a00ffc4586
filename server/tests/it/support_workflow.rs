//! A worker and a client by hand, one RPC at a time.

use std::time::Duration;

use mainspring_proto::{
    command::v1::command::Attributes,
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::EventType,
    history::v1::HistoryEvent,
    prost_types,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        GetWorkflowExecutionHistoryRequest, PollActivityTaskQueueRequest,
        PollActivityTaskQueueResponse, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
        SignalWorkflowExecutionRequest, StartWorkflowExecutionRequest,
    },
};
use mainspring_server::history::decide::commands::command;
use tonic::{Request, Status};

use crate::support::TestServer;

/// Long enough for any answer that is going to come.
const POLL: Duration = Duration::from_secs(20);

pub(crate) fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: "queue".to_owned(),
        ..TaskQueue::default()
    })
}

pub(crate) fn execution(id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: id.to_owned(),
        run_id: String::new(),
    })
}

pub(crate) fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// The command of a workflow that is done.
pub(crate) fn completes() -> Vec<Attributes> {
    vec![Attributes::CompleteWorkflowExecutionCommandAttributes(
        Box::default(),
    )]
}

/// A start that nothing is wrong with.
pub(crate) fn start_request(id: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: id.to_owned(),
        workflow_type: Some(WorkflowType {
            name: "type".to_owned(),
        }),
        task_queue: queue(),
        request_id: format!("start-{id}"),
        ..StartWorkflowExecutionRequest::default()
    }
}

/// A long poll.
pub(crate) fn long<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(POLL);
    request
}

impl<S> TestServer<S> {
    pub(crate) async fn start_workflow(&mut self, id: &str) -> String {
        let started = self
            .client
            .start_workflow_execution(start_request(id))
            .await;
        started.expect("the start is taken").into_inner().run_id
    }

    pub(crate) async fn poll_workflow(&mut self) -> PollWorkflowTaskQueueResponse {
        let request = PollWorkflowTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        let polled = self.client.poll_workflow_task_queue(long(request)).await;
        polled.expect("the poll is taken").into_inner()
    }

    pub(crate) async fn poll_activity(&mut self) -> PollActivityTaskQueueResponse {
        let request = PollActivityTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: queue(),
            identity: "worker".to_owned(),
            ..PollActivityTaskQueueRequest::default()
        };
        let polled = self.client.poll_activity_task_queue(long(request)).await;
        polled.expect("the poll is taken").into_inner()
    }

    pub(crate) async fn complete(
        &mut self,
        task: &PollWorkflowTaskQueueResponse,
        commands: Vec<Attributes>,
    ) -> Result<RespondWorkflowTaskCompletedResponse, Status> {
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token: task.task_token.clone(),
            commands: commands.into_iter().map(command).collect(),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let done = self.client.respond_workflow_task_completed(request).await;
        done.map(tonic::Response::into_inner)
    }

    pub(crate) async fn signal(&mut self, workflow_id: &str, name: &str) {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(workflow_id),
            signal_name: name.to_owned(),
            ..SignalWorkflowExecutionRequest::default()
        };
        let signal = self.client.signal_workflow_execution(request).await;
        signal.expect("it is taken");
    }

    pub(crate) async fn history(&mut self, id: &str) -> Vec<HistoryEvent> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(id),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let found = self.client.get_workflow_execution_history(request).await;
        let history = found.expect("there is a history").into_inner().history;
        history.unwrap_or_default().events
    }

    pub(crate) async fn kinds(&mut self, id: &str) -> Vec<EventType> {
        self.history(id)
            .await
            .iter()
            .map(HistoryEvent::event_type)
            .collect()
    }
}
