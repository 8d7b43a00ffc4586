//! What a server that is started again on the same file still knows.

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    enums::v1::WorkflowExecutionStatus,
    operatorservice::v1::{
        AddSearchAttributesRequest, ListSearchAttributesRequest,
        operator_service_client::OperatorServiceClient,
    },
    prost_types::Duration,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::*,
};
use mainspring_server::{
    Config, Server, StartError,
    config::{SqliteConfig, StoreConfig},
};
use tonic::Code;

use crate::support::{TestServer, channel, start_with};

fn on(directory: &tempfile::TempDir) -> Config {
    Config::in_file(directory.path().join("data.db"))
}

fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: workflow_id.into(),
        run_id: String::new(),
    })
}

async fn start_workflow(server: &mut TestServer, workflow_id: &str) -> String {
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType {
            name: "Order".into(),
        }),
        task_queue: Some(TaskQueue {
            name: "orders".into(),
            ..Default::default()
        }),
        request_id: format!("start-{workflow_id}"),
        ..Default::default()
    };
    let started = server.client.start_workflow_execution(request).await;
    started.expect("started").into_inner().run_id
}

async fn signal(server: &mut TestServer, workflow_id: &str, name: &str) {
    let request = SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(workflow_id),
        signal_name: name.into(),
        ..Default::default()
    };
    server
        .client
        .signal_workflow_execution(request)
        .await
        .expect("signalled");
}

async fn history_length(server: &mut TestServer, workflow_id: &str) -> usize {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution(workflow_id),
        ..Default::default()
    };
    let page = server
        .client
        .get_workflow_execution_history(request)
        .await
        .expect("a page");
    page.into_inner()
        .history
        .map_or(0, |history| history.events.len())
}

async fn poll(server: &mut TestServer) -> PollWorkflowTaskQueueResponse {
    let mut request = tonic::Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: Some(TaskQueue {
            name: "orders".into(),
            ..Default::default()
        }),
        identity: "worker".into(),
        ..Default::default()
    });
    request.set_timeout(std::time::Duration::from_secs(10));
    let task = server
        .client
        .poll_workflow_task_queue(request)
        .await
        .expect("an answer");
    task.into_inner()
}

async fn restart(server: TestServer, config: Config) -> TestServer {
    server.server.shutdown().await;
    start_with(config).await
}

#[tokio::test]
async fn workflows_go_on_where_they_were() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut server = start_with(on(&directory)).await;
    let run_id = start_workflow(&mut server, "order-1").await;
    signal(&mut server, "order-1", "paid").await;

    let mut server = restart(server, on(&directory)).await;
    assert_eq!(history_length(&mut server, "order-1").await, 3);
    let task = poll(&mut server).await;
    let execution = task.workflow_execution.expect("the task that was waiting");
    assert_eq!(execution.run_id, run_id);

    // The start that is tried again is known, and so is the run.
    assert_eq!(start_workflow(&mut server, "order-1").await, run_id);
    signal(&mut server, "order-1", "shipped").await;

    // The worker's token outlives the server, too.
    let mut server = restart(server, on(&directory)).await;
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: "default".into(),
        task_token: task.task_token,
        identity: "worker".into(),
        ..Default::default()
    };
    server
        .client
        .respond_workflow_task_completed(request)
        .await
        .expect("completed");
    let task = poll(&mut server).await;
    assert!(
        task.workflow_execution.is_some(),
        "the signal that was buffered needs a task"
    );
    let events = task.history.expect("a history").events;
    let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(ids, (1..=events.len() as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn lists_and_counts_show_what_they_showed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut server = start_with(on(&directory)).await;
    for index in 0..5 {
        start_workflow(&mut server, &format!("order-{index}")).await;
    }
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("order-0"),
        ..Default::default()
    };
    server
        .client
        .terminate_workflow_execution(request)
        .await
        .expect("terminated");

    let list = ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        ..Default::default()
    };
    let before = server
        .client
        .list_workflow_executions(list.clone())
        .await
        .expect("a list");
    let before = before.into_inner().executions;
    assert_eq!(before.len(), 5);
    assert_eq!(before[4].status(), WorkflowExecutionStatus::Terminated);

    let mut server = restart(server, on(&directory)).await;
    let after = server
        .client
        .list_workflow_executions(list)
        .await
        .expect("a list");
    assert_eq!(after.into_inner().executions, before);
}

#[tokio::test]
async fn namespaces_and_search_attributes_are_there_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut server = start_with(on(&directory)).await;
    let request = RegisterNamespaceRequest {
        namespace: "orders".into(),
        workflow_execution_retention_period: Some(Duration {
            seconds: 7200,
            nanos: 0,
        }),
        ..Default::default()
    };
    server
        .client
        .register_namespace(request)
        .await
        .expect("registered");
    let mut operator = OperatorServiceClient::new(channel(&server.server).await);
    let request = AddSearchAttributesRequest {
        namespace: "orders".into(),
        search_attributes: [("Age".to_owned(), 3)].into(),
    };
    operator
        .add_search_attributes(request)
        .await
        .expect("added");
    let describe = DescribeNamespaceRequest {
        namespace: "orders".into(),
        ..Default::default()
    };
    let before = server
        .client
        .describe_namespace(describe.clone())
        .await
        .expect("described");

    let mut server = restart(server, on(&directory)).await;
    let after = server
        .client
        .describe_namespace(describe)
        .await
        .expect("described");
    assert_eq!(after.into_inner(), before.into_inner());
    let mut operator = OperatorServiceClient::new(channel(&server.server).await);
    let request = ListSearchAttributesRequest {
        namespace: "orders".into(),
    };
    let list = operator
        .list_search_attributes(request)
        .await
        .expect("listed");
    assert_eq!(
        list.into_inner().custom_attributes,
        [("Age".to_owned(), 3)].into()
    );
}

#[tokio::test]
async fn two_servers_do_not_share_a_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = start_with(on(&directory)).await;
    let second = Server::start(on(&directory).with_port(0)).await;
    let error = second.expect_err("the file is in use");
    assert!(matches!(error, StartError::Open(_)));
    assert!(
        error
            .to_string()
            .ends_with("data.db is in use by another server"),
        "{error}"
    );
    drop(server);
}

#[tokio::test]
async fn a_full_disk_ends_the_server_and_takes_nothing_acknowledged() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut full = on(&directory);
    let mut sqlite = SqliteConfig::new(directory.path().join("data.db"));
    sqlite.pragmas.push(("max_page_count".into(), "80".into()));
    full.store = StoreConfig::Sqlite(sqlite);
    let mut server = start_with(full).await;

    let mut acknowledged = Vec::new();
    let refused = loop {
        let workflow_id = format!("order-{}", acknowledged.len());
        let request = StartWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_id: workflow_id.clone(),
            workflow_type: Some(WorkflowType {
                name: "Order".into(),
            }),
            task_queue: Some(TaskQueue {
                name: "orders".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        match server.client.start_workflow_execution(request).await {
            Ok(_) => acknowledged.push(workflow_id),
            Err(status) => break status,
        }
    };
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(
        refused.message().starts_with("cannot write to the store"),
        "{refused}"
    );
    server.server.failed().await;

    let mut server = restart(server, on(&directory)).await;
    assert!(acknowledged.len() > 10);
    for workflow_id in acknowledged {
        assert_eq!(history_length(&mut server, &workflow_id).await, 2);
    }
}
