//! Workers who wait already: their tasks are started in the commits that make them.

use std::path::Path;

use mainspring_proto::{
    command::v1::{ScheduleActivityTaskCommandAttributes, command::Attributes},
    common::v1::ActivityType,
    enums::v1::TaskQueueType,
    history::v1::history_event::Attributes as Happened,
    workflowservice::v1::{
        DescribeTaskQueueRequest, PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
        PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondActivityTaskCompletedRequest,
    },
};
use mainspring_server::Config;
use tokio::task::JoinHandle;
use tonic::{Response, Status};

use crate::{
    support::{TestServer, start_with},
    support_workflow::{completes, long, queue, seconds},
};

/// A poll that is at its queue.
async fn waits<A: Send + 'static>(
    server: &mut TestServer,
    kind: TaskQueueType,
    identity: &str,
    poll: impl Future<Output = Result<Response<A>, Status>> + Send + 'static,
) -> JoinHandle<A> {
    let poll = tokio::spawn(async move { poll.await.expect("an answer").into_inner() });
    is_seen(server, kind, identity).await;
    poll
}

async fn waits_for_workflow(
    server: &mut TestServer,
    identity: &str,
) -> JoinHandle<PollWorkflowTaskQueueResponse> {
    let request = long(PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        identity: identity.to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    });
    let mut client = server.client.clone();
    let poll = async move { client.poll_workflow_task_queue(request).await };
    waits(server, TaskQueueType::Workflow, identity, poll).await
}

async fn waits_for_activity(
    server: &mut TestServer,
    identity: &str,
) -> JoinHandle<PollActivityTaskQueueResponse> {
    let request = long(PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        identity: identity.to_owned(),
        ..PollActivityTaskQueueRequest::default()
    });
    let mut client = server.client.clone();
    let poll = async move { client.poll_activity_task_queue(request).await };
    waits(server, TaskQueueType::Activity, identity, poll).await
}

async fn is_seen(server: &mut TestServer, kind: TaskQueueType, identity: &str) {
    loop {
        let request = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: queue(),
            task_queue_type: kind.into(),
            ..DescribeTaskQueueRequest::default()
        };
        let described = server.client.describe_task_queue(request).await;
        let pollers = described.expect("a queue").into_inner().pollers;
        if pollers.iter().any(|poller| poller.identity == identity) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// How many commits of runs a file has.
fn commits(path: &Path) -> i64 {
    let file = rusqlite::Connection::open(path).expect("a file of ours");
    let count = "SELECT count(*) FROM records";
    let count = file.query_row(count, [], |row| row.get(0));
    count.expect("a number")
}

#[tokio::test]
async fn a_workflow_of_one_activity_takes_four_commits() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("data.db");
    let mut server = start_with(Config::in_file(&path)).await;

    let poll = waits_for_workflow(&mut server, "first").await;
    server.start_workflow("order").await;
    let task = poll.await.expect("a task");
    assert_eq!((commits(&path), task.attempt), (1, 1));

    let poll = waits_for_activity(&mut server, "second").await;
    let activity = ScheduleActivityTaskCommandAttributes {
        activity_id: "charge".to_owned(),
        activity_type: Some(ActivityType {
            name: "charge".to_owned(),
        }),
        task_queue: queue(),
        start_to_close_timeout: seconds(10),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    let command = Attributes::ScheduleActivityTaskCommandAttributes(activity.into());
    let done = server.complete(&task, vec![command]).await;
    assert!(done.expect("completed").activity_tasks.is_empty());
    let activity = poll.await.expect("an activity");
    assert_eq!((commits(&path), &*activity.activity_id), (2, "charge"));

    let poll = waits_for_workflow(&mut server, "third").await;
    let request = RespondActivityTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: activity.task_token,
        identity: "second".to_owned(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    let done = server.client.respond_activity_task_completed(request).await;
    done.expect("completed");
    let task = poll.await.expect("a task");
    assert_eq!(commits(&path), 3);
    // What the worker has is the whole history, to the start of its task.
    let history = task.history.clone().unwrap_or_default().events;
    assert_eq!(history, server.history("order").await);

    server
        .complete(&task, completes())
        .await
        .expect("completed");
    assert_eq!(commits(&path), 4);
    let history = server.history("order").await;
    let by = history.iter().filter_map(|event| match &event.attributes {
        Some(Happened::WorkflowTaskStartedEventAttributes(it)) => Some(&*it.identity),
        Some(Happened::ActivityTaskStartedEventAttributes(it)) => Some(&*it.identity),
        _ => None,
    });
    assert_eq!(by.collect::<Vec<_>>(), ["first", "second", "third"]);
}
