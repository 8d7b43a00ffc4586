//! A worker has a workflow task when the server is killed, and knows events of it by their numbers: no
//! other events may get those after the restart, for some SDKs would not see them then.

use mainspring_proto::enums::v1::EventType::{
    WorkflowExecutionSignaled, WorkflowExecutionStarted, WorkflowTaskCompleted,
    WorkflowTaskScheduled, WorkflowTaskStarted,
};

use super::{client::connect, process::Process};
use crate::support::TestServer;

#[tokio::test]
async fn a_task_that_was_handed_out_is_still_its_workers_after_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path()).await;
    let address = process.address.clone();
    let client = connect(&address).await.expect("it is there");
    let mut world = TestServer {
        server: process,
        client,
    };
    world.start_workflow("order").await;
    let task = world.poll_workflow().await;
    let started = [
        WorkflowExecutionStarted,
        WorkflowTaskScheduled,
        WorkflowTaskStarted,
    ];
    let told = task.history.clone().unwrap_or_default().events;
    assert_eq!(told.len(), started.len());

    world.server.kill();
    world.server = Process::start_again(directory.path(), &address).await;
    world.client = connect(&address).await.expect("it is there");
    // What happens next does not take the place of what the worker was told.
    world.signal("order", "paid").await;
    assert_eq!(world.history("order").await, told);
    assert_eq!(world.kinds("order").await, started);
    world.complete(&task, vec![]).await.expect("completed");
    let after = [
        WorkflowTaskCompleted,
        WorkflowExecutionSignaled,
        WorkflowTaskScheduled,
    ];
    assert_eq!(world.kinds("order").await, [&started[..], &after].concat());
}
