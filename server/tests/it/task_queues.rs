//! What is said of task queues and workers.

use std::time::Duration;

use mainspring_proto::{
    common::v1::WorkflowType, enums::v1::TaskQueueType, taskqueue::v1::TaskQueue,
    worker::v1::WorkerHeartbeat, workflowservice::v1::*,
};
use tonic::{Code, Request};

use crate::support::{TestServer, start};

fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue {
        name: name.into(),
        ..Default::default()
    })
}

async fn describe(server: &mut TestServer, name: &str) -> DescribeTaskQueueResponse {
    let request = DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue(name),
        task_queue_type: TaskQueueType::Workflow as i32,
        report_stats: true,
        ..Default::default()
    };
    let described = server
        .client
        .describe_task_queue(request)
        .await
        .expect("described");
    described.into_inner()
}

fn poll(identity: &str, key: &str) -> Request<PollWorkflowTaskQueueRequest> {
    let mut request = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("orders"),
        identity: identity.into(),
        worker_instance_key: key.into(),
        ..Default::default()
    });
    request.set_timeout(Duration::from_secs(30));
    request
}

#[tokio::test]
async fn a_queue_shows_its_backlog_and_who_polls_it() {
    let mut server = start().await;
    for index in 0..3 {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: format!("order-{index}"),
            workflow_type: Some(WorkflowType {
                name: "Order".into(),
            }),
            task_queue: queue("orders"),
            ..Default::default()
        };
        server
            .client
            .start_workflow_execution(request)
            .await
            .expect("started");
    }
    let before = describe(&mut server, "orders").await;
    assert_eq!(before.stats.expect("stats").approximate_backlog_count, 3);
    assert!(before.pollers.is_empty());

    let task = server
        .client
        .poll_workflow_task_queue(poll("ada", ""))
        .await
        .expect("a task");
    assert!(!task.into_inner().task_token.is_empty());
    let after = describe(&mut server, "orders").await;
    assert_eq!(after.stats.expect("stats").approximate_backlog_count, 2);
    let identities: Vec<_> = after
        .pollers
        .iter()
        .map(|poller| poller.identity.as_str())
        .collect();
    assert_eq!(identities, ["ada"]);
    assert!(describe(&mut server, "others").await.pollers.is_empty());
}

#[tokio::test]
async fn a_worker_that_stops_has_its_polls_answered() {
    let mut server = start().await;
    let mut client = server.client.clone();
    let poll =
        tokio::spawn(async move { client.poll_workflow_task_queue(poll("ada", "ada-1")).await });
    // Until the poll is there.
    while describe(&mut server, "orders").await.pollers.is_empty() {}
    let request = ShutdownWorkerRequest {
        namespace: "default".into(),
        identity: "ada".into(),
        worker_instance_key: "ada-1".into(),
        ..Default::default()
    };
    server.client.shutdown_worker(request).await.expect("taken");
    let answer = poll.await.expect("no panic").expect("an empty answer");
    assert!(answer.into_inner().task_token.is_empty());
}

#[tokio::test]
async fn workers_that_say_they_are_there_are_shown() {
    let mut server = start().await;
    let heartbeat = |key: &str, queue: &str| WorkerHeartbeat {
        worker_instance_key: key.into(),
        task_queue: queue.into(),
        ..Default::default()
    };
    let request = RecordWorkerHeartbeatRequest {
        namespace: "default".into(),
        worker_heartbeat: vec![heartbeat("a", "orders"), heartbeat("b", "mail")],
        ..Default::default()
    };
    server
        .client
        .record_worker_heartbeat(request)
        .await
        .expect("taken");

    let request = ListWorkersRequest {
        namespace: "default".into(),
        query: "TaskQueue = 'mail'".into(),
        ..Default::default()
    };
    let list = server
        .client
        .list_workers(request)
        .await
        .expect("listed")
        .into_inner();
    let keys: Vec<_> = list
        .workers
        .iter()
        .map(|worker| &worker.worker_instance_key)
        .collect();
    assert_eq!(keys, ["b"]);
    let request = CountWorkersRequest {
        namespace: "default".into(),
        ..Default::default()
    };
    let count = server.client.count_workers(request).await.expect("counted");
    assert_eq!(count.into_inner().count, 2);

    let describe = |key: &str| DescribeWorkerRequest {
        namespace: "default".into(),
        worker_instance_key: key.into(),
    };
    let described = server
        .client
        .describe_worker(describe("a"))
        .await
        .expect("described");
    let info = described.into_inner().worker_info.expect("info");
    assert_eq!(info.worker_heartbeat, Some(heartbeat("a", "orders")));
    let unknown = server
        .client
        .describe_worker(describe("c"))
        .await
        .expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
}
