//! What happens when requests of several clients and workers meet.

use mainspring_proto::prost_types;
use mainspring_proto::{
    command::v1::{
        StartChildWorkflowExecutionCommandAttributes,
        UpsertWorkflowSearchAttributesCommandAttributes, command::Attributes,
    },
    common::v1::{Payload, SearchAttributes, WorkflowType},
    enums::v1::{EventType, IndexedValueType},
    errordetails::v1::NamespaceNotFoundFailure,
    operatorservice::v1::{
        DeleteNamespaceRequest, RemoveSearchAttributesRequest,
        operator_service_client::OperatorServiceClient,
    },
    worker::v1::WorkerHeartbeat,
    workflowservice::v1::*,
};
use tonic::{Code, Request};

use crate::{
    support::{channel, detail, start},
    support_workflow::{completes, execution, queue, seconds, start_request},
};

fn signal(request_id: &str) -> SignalWorkflowExecutionRequest {
    SignalWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w"),
        signal_name: "s".to_owned(),
        request_id: request_id.to_owned(),
        ..SignalWorkflowExecutionRequest::default()
    }
}

#[tokio::test]
async fn a_signal_that_is_sent_again_after_the_end_was_taken() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let sent = server
        .client
        .signal_workflow_execution(signal("once"))
        .await;
    sent.expect("it is taken");
    let task = server.poll_workflow().await;
    server
        .complete(&task, completes())
        .await
        .expect("it is completed");
    let again = server
        .client
        .signal_workflow_execution(signal("once"))
        .await;
    again.expect("it was taken before");
    let late = server
        .client
        .signal_workflow_execution(signal("late"))
        .await;
    assert_eq!(late.expect_err("it has ended").code(), Code::NotFound);
}

#[tokio::test]
async fn a_signal_with_start_that_is_sent_again_after_the_end_finds_its_run() {
    let mut server = start().await;
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w".to_owned(),
        workflow_type: Some(WorkflowType {
            name: "type".to_owned(),
        }),
        task_queue: queue(),
        request_id: "once".to_owned(),
        signal_name: "s".to_owned(),
        ..SignalWithStartWorkflowExecutionRequest::default()
    };
    let first = server
        .client
        .signal_with_start_workflow_execution(request.clone())
        .await;
    let first = first.expect("it is started").into_inner();
    let task = server.poll_workflow().await;
    server
        .complete(&task, completes())
        .await
        .expect("it is completed");
    let again = server
        .client
        .signal_with_start_workflow_execution(request)
        .await;
    let again = again.expect("it was started before").into_inner();
    assert_eq!((again.run_id, again.started), (first.run_id, true));
}

#[tokio::test]
async fn too_many_signals_are_a_mistake_and_not_a_matter_of_patience() {
    let mut config = mainspring_server::Config::in_memory();
    config.run_limits.signals = 1;
    let mut server = crate::support::start_with(config).await;
    server.start_workflow("w").await;
    let first = server.client.signal_workflow_execution(signal("1")).await;
    first.expect("it is taken");
    let second = server.client.signal_workflow_execution(signal("2")).await;
    let refused = second.expect_err("it is one too many");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "exceeded workflow execution limit for signal events"
    );
}

#[tokio::test]
async fn a_search_attribute_that_was_removed_does_not_stand_in_the_way_of_others() {
    let keyword = IndexedValueType::Keyword;
    let config = mainspring_server::Config::in_memory()
        .with_search_attribute("Old".to_owned(), keyword)
        .with_search_attribute("New".to_owned(), keyword);
    let mut server = crate::support::start_with(config).await;
    let attribute = |name: &str| {
        let payload = Payload {
            metadata: [("encoding".to_owned(), "json/plain".into())].into(),
            data: "\"red\"".into(),
            ..Payload::default()
        };
        Some(SearchAttributes {
            indexed_fields: [(name.to_owned(), payload)].into(),
        })
    };
    let request = StartWorkflowExecutionRequest {
        search_attributes: attribute("Old"),
        ..start_request("w")
    };
    let started = server.client.start_workflow_execution(request).await;
    started.expect("it is started");
    let mut operator = OperatorServiceClient::new(channel(&server.server).await);
    let request = RemoveSearchAttributesRequest {
        namespace: "default".to_owned(),
        search_attributes: vec!["Old".to_owned()],
    };
    let removed = operator.remove_search_attributes(request).await;
    removed.expect("it is removed");
    let task = server.poll_workflow().await;
    let upsert = UpsertWorkflowSearchAttributesCommandAttributes {
        search_attributes: attribute("New"),
    };
    let upsert = Attributes::UpsertWorkflowSearchAttributesCommandAttributes(Box::new(upsert));
    let done = server.complete(&task, vec![upsert]).await;
    done.expect("nothing is wrong with the new one");
}

#[tokio::test]
async fn the_parent_of_a_deleted_child_is_told() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let child = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: "c".to_owned(),
        workflow_type: Some(WorkflowType {
            name: "type".to_owned(),
        }),
        task_queue: queue(),
        ..StartChildWorkflowExecutionCommandAttributes::default()
    };
    let child = Attributes::StartChildWorkflowExecutionCommandAttributes(Box::new(child));
    server
        .complete(&task, vec![child])
        .await
        .expect("it is completed");
    while !server
        .kinds("w")
        .await
        .contains(&EventType::ChildWorkflowExecutionStarted)
    {
        tokio::task::yield_now().await;
    }
    let request = DeleteWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("c"),
    };
    server
        .client
        .delete_workflow_execution(request)
        .await
        .expect("it is deleted");
    let kinds = server.kinds("w").await;
    assert!(
        kinds.contains(&EventType::ChildWorkflowExecutionTerminated),
        "{kinds:?}"
    );
    let described = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("c"),
    };
    let gone = server.client.describe_workflow_execution(described).await;
    assert_eq!(gone.expect_err("it is deleted").code(), Code::NotFound);
}

#[tokio::test]
async fn what_runs_in_a_deleted_namespace_does_not_wake_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mainspring.db");
    let config = || mainspring_server::Config::in_file(&file);
    let mut server = crate::support::start_with(config()).await;
    let register = RegisterNamespaceRequest {
        namespace: "short".to_owned(),
        workflow_execution_retention_period: seconds(24 * 60 * 60),
        ..RegisterNamespaceRequest::default()
    };
    server
        .client
        .register_namespace(register)
        .await
        .expect("it is registered");
    // A run timeout is due right after the namespace is gone.
    let request = StartWorkflowExecutionRequest {
        namespace: "short".to_owned(),
        workflow_run_timeout: Some(prost_types::Duration {
            seconds: 0,
            nanos: 200_000_000,
        }),
        ..start_request("w")
    };
    let started = server.client.start_workflow_execution(request).await;
    started.expect("it is started");
    let mut operator = OperatorServiceClient::new(channel(&server.server).await);
    let request = DeleteNamespaceRequest {
        namespace: "short".to_owned(),
        ..DeleteNamespaceRequest::default()
    };
    operator
        .delete_namespace(request)
        .await
        .expect("it is deleted");
    let request = DescribeWorkflowExecutionRequest {
        namespace: "short".to_owned(),
        execution: execution("w"),
    };
    let gone = server.client.describe_workflow_execution(request).await;
    let _: NamespaceNotFoundFailure = detail(&gone.expect_err("it is deleted"));
    // Another timeout, later than the first, shows that the first is over.
    let request = StartWorkflowExecutionRequest {
        workflow_run_timeout: Some(prost_types::Duration {
            seconds: 0,
            nanos: 400_000_000,
        }),
        ..start_request("w")
    };
    server
        .client
        .start_workflow_execution(request)
        .await
        .expect("it is started");
    while !server
        .kinds("w")
        .await
        .contains(&EventType::WorkflowExecutionTimedOut)
    {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    server.server.shutdown().await;
    let stored = rusqlite::Connection::open(&file).expect("the file is there");
    let workflows: i64 = stored
        .query_row(
            "SELECT max((SELECT count(*) FROM runs), (SELECT count(DISTINCT run) FROM records))",
            [],
            |row| row.get(0),
        )
        .expect("it is read");
    assert_eq!(workflows, 1);
}

#[tokio::test]
async fn heartbeats_of_workers_are_taken_all_or_none() {
    let mut server = start().await;
    let heartbeat = |key: &str| WorkerHeartbeat {
        worker_instance_key: key.to_owned(),
        task_queue: "queue".to_owned(),
        ..WorkerHeartbeat::default()
    };
    let request = RecordWorkerHeartbeatRequest {
        namespace: "default".to_owned(),
        worker_heartbeat: vec![heartbeat("good"), heartbeat("")],
        ..RecordWorkerHeartbeatRequest::default()
    };
    let refused = server.client.record_worker_heartbeat(request).await;
    assert_eq!(
        refused.expect_err("one is bad").code(),
        Code::InvalidArgument
    );
    let request = ListWorkersRequest {
        namespace: "default".to_owned(),
        ..ListWorkersRequest::default()
    };
    let workers = server.client.list_workers(request).await;
    let workers = workers.expect("they are listed").into_inner();
    assert!(workers.workers.is_empty());
}

#[tokio::test]
async fn people_are_shown_what_is_written_and_workers_what_they_are_told() {
    let mut server = start().await;
    server.start_workflow("w").await;
    let task = server.poll_workflow().await;
    let failed = RespondWorkflowTaskFailedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token,
        ..RespondWorkflowTaskFailedRequest::default()
    };
    server
        .client
        .respond_workflow_task_failed(failed)
        .await
        .expect("it is taken");
    // The second attempt is not written before it ends well.
    for (client, shown) in [("temporal-cli", 4), ("temporal-ui", 4), ("temporal-go", 5)] {
        let mut request = Request::new(GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution("w"),
            ..GetWorkflowExecutionHistoryRequest::default()
        });
        let name = client.parse().expect("it is plain text");
        request.metadata_mut().insert("client-name", name);
        let found = server.client.get_workflow_execution_history(request).await;
        let events = found
            .expect("it is there")
            .into_inner()
            .history
            .unwrap_or_default()
            .events;
        assert_eq!(events.len(), shown, "{client}");
    }
}
