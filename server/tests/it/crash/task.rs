//! A worker has a workflow task when the server is killed, and knows events of it by their numbers: no
//! other events may get those after the restart, for some SDKs would not see them then.

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::EventType::{
        self, WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowTaskCompleted,
        WorkflowTaskScheduled, WorkflowTaskStarted,
    },
    history::v1::History,
    workflowservice::v1::{workflow_service_client::WorkflowServiceClient, *},
};
use tempfile::TempDir;
use tonic::{Status, transport::Channel};

use super::{
    client::{NAMESPACE, connect},
    process::Process,
    worker::{poll, queue},
};

const STARTED: [EventType; 3] = [
    WorkflowExecutionStarted,
    WorkflowTaskScheduled,
    WorkflowTaskStarted,
];

/// A server on a file, with one workflow.
struct World {
    directory: TempDir,
    process: Process,
    client: WorkflowServiceClient<Channel>,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let process = Process::start(directory.path()).await;
        let mut client = connect(&process.address).await.expect("it is there");
        let request = StartWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_id: "order".into(),
            workflow_type: Some(WorkflowType {
                name: "Order".into(),
            }),
            task_queue: queue(),
            ..Default::default()
        };
        let started = client.start_workflow_execution(request).await;
        started.expect("started");
        Self {
            directory,
            process,
            client,
        }
    }

    async fn kill_and_start_again(&mut self) {
        self.process.kill();
        let address = self.process.address.clone();
        self.process = Process::start_again(self.directory.path(), &address).await;
        self.client = connect(&address).await.expect("it is there");
    }

    async fn poll(&mut self) -> PollWorkflowTaskQueueResponse {
        let request = poll(PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(),
            identity: "worker".into(),
            ..Default::default()
        });
        let task = self.client.poll_workflow_task_queue(request).await;
        task.expect("an answer").into_inner()
    }

    async fn complete(&mut self, task: PollWorkflowTaskQueueResponse) -> Result<(), Status> {
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: NAMESPACE.into(),
            task_token: task.task_token,
            identity: "worker".into(),
            ..Default::default()
        };
        let answer = self.client.respond_workflow_task_completed(request).await;
        answer.map(|_| ())
    }

    async fn signal(&mut self) {
        let request = SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: history_request().execution,
            signal_name: "paid".into(),
            ..Default::default()
        };
        let signalled = self.client.signal_workflow_execution(request).await;
        signalled.expect("signalled");
    }

    async fn history(&mut self) -> Vec<EventType> {
        let request = history_request();
        let page = self.client.get_workflow_execution_history(request).await;
        kinds(&page.expect("a page").into_inner().history)
    }
}

fn history_request() -> GetWorkflowExecutionHistoryRequest {
    GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.into(),
        execution: Some(WorkflowExecution {
            workflow_id: "order".into(),
            run_id: String::new(),
        }),
        ..Default::default()
    }
}

fn kinds(history: &Option<History>) -> Vec<EventType> {
    let events = history.iter().flat_map(|history| &history.events);
    events.map(|event| event.event_type()).collect()
}

#[tokio::test]
async fn a_task_that_was_handed_out_is_still_its_workers_after_a_kill() {
    let mut world = World::new().await;
    let task = world.poll().await;
    assert_eq!(kinds(&task.history), STARTED);
    world.kill_and_start_again().await;
    // What happens next does not take the place of what the worker was told.
    world.signal().await;
    assert_eq!(world.history().await, STARTED);
    world.complete(task).await.expect("completed");
    let after = [
        WorkflowTaskCompleted,
        WorkflowExecutionSignaled,
        WorkflowTaskScheduled,
    ];
    assert_eq!(world.history().await, [&STARTED[..], &after].concat());
}
