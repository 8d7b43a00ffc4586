//! A server, as a process, that is asked to stop.

use std::time::Duration;

use mainspring_proto::workflowservice::v1::{
    DescribeTaskQueueRequest, PollWorkflowTaskQueueRequest,
};
use tonic::Request;

use super::{client::connect, process::Process};
use crate::support_workflow::queue;

#[tokio::test]
async fn a_server_that_is_asked_to_stop_answers_its_polls_and_ends_well() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut process = Process::start(directory.path()).await;
    let mut client = connect(&process.address).await.expect("it is there");
    let mut poll = Request::new(PollWorkflowTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: queue(),
        ..PollWorkflowTaskQueueRequest::default()
    });
    poll.set_timeout(Duration::from_secs(70));
    let mut poller = client.clone();
    let polled = tokio::spawn(async move { poller.poll_workflow_task_queue(poll).await });
    loop {
        let request = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: queue(),
            ..DescribeTaskQueueRequest::default()
        };
        let described = client.describe_task_queue(request).await;
        if !described.expect("a queue").into_inner().pollers.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    // The poll would wait for a minute.
    assert!(process.terminate().await.success());
    let answer = polled.await.expect("it does not panic");
    let answer = answer.expect("it is answered").into_inner();
    assert!(answer.task_token.is_empty());
}
