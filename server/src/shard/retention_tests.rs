//! What has expired is gone wherever it was, and nothing else is.

use std::sync::Arc;

use mainspring_proto::{
    common::v1::{WorkflowExecution, WorkflowType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use tonic::{Code, Request};

use super::*;
use crate::{
    config::{Config, SqliteConfig},
    frontend::{Frontend, tests::ready_over},
    persistence::{MemoryStore, Store, sqlite::SqliteStore},
};

fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: workflow_id.into(),
        run_id: String::new(),
    })
}

async fn start(frontend: &Frontend, workflow_id: &str) {
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
        ..Default::default()
    };
    let started = frontend
        .start_workflow_execution(Request::new(request))
        .await;
    started.expect("started");
}

async fn terminate(frontend: &Frontend, workflow_id: &str) {
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(workflow_id),
        ..Default::default()
    };
    let terminated = frontend
        .terminate_workflow_execution(Request::new(request))
        .await;
    terminated.expect("terminated");
}

async fn describe(frontend: &Frontend, workflow_id: &str) -> Result<(), Code> {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".into(),
        execution: execution(workflow_id),
    };
    let described = frontend
        .describe_workflow_execution(Request::new(request))
        .await;
    described.map(|_| ()).map_err(|status| status.code())
}

async fn closed_runs_are_deleted_when_they_expire(store: Arc<dyn Store>) {
    let config = Config {
        retention: Duration::ZERO,
        ..Config::in_memory()
    };
    let (frontend, namespace) = ready_over(Arc::clone(&store), config, None).await;
    // More than one step's worth.
    for index in 0..STEP + 20 {
        start(&frontend, &format!("closed-{index}")).await;
        terminate(&frontend, &format!("closed-{index}")).await;
    }
    start(&frontend, "open").await;

    let kept = Namespace {
        retention: Duration::from_secs(3600),
        ..Namespace::clone(&namespace)
    };
    frontend
        .shard
        .delete_expired(&kept)
        .await
        .expect("nothing to delete");
    assert_eq!(describe(&frontend, "closed-0").await, Ok(()));

    frontend
        .shard
        .delete_expired(&namespace)
        .await
        .expect("deleted");
    for workflow_id in ["closed-0", "closed-110"] {
        assert_eq!(describe(&frontend, workflow_id).await, Err(Code::NotFound));
        let workflow = namespace.workflow(workflow_id);
        assert_eq!(store.current_run(&workflow), Ok(None));
    }
    assert_eq!(describe(&frontend, "open").await, Ok(()));
    let list = ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        ..Default::default()
    };
    let list = frontend.list_workflow_executions(Request::new(list)).await;
    assert_eq!(list.expect("listed").into_inner().executions.len(), 1);
    // The workflow id is free again.
    start(&frontend, "closed-0").await;
}

#[tokio::test]
async fn in_memory() {
    closed_runs_are_deleted_when_they_expire(Arc::new(MemoryStore::default())).await;
}

#[tokio::test]
async fn in_a_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = SqliteConfig::new(directory.path().join("data.db"));
    let store = SqliteStore::open(&config).expect("a new file");
    closed_runs_are_deleted_when_they_expire(Arc::new(store)).await;
}
