//! Polls for workflow tasks.

use std::sync::Arc;

use mainspring_proto::enums::v1::TaskQueueKind;
use mainspring_proto::taskqueue::v1::TaskQueue;
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::{Semaphore, watch};
use tonic::{Code, Request};

use super::shutdown::{Stop, until_stopped};
use super::{Shell, WorkerError};
use crate::client::{Backoff, LONG_POLL};

/// Which of a worker's two queues for workflow tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Where every worker of the task queue polls.
    Normal,
    /// Where only this worker polls, for runs that it has in memory.
    Sticky,
}

/// Polls until the worker stops; each task runs on its own.
pub(super) async fn poll(
    shell: Arc<Shell>,
    queue: Queue,
    slots: Arc<Semaphore>,
    mut stop: watch::Receiver<Stop>,
) -> Result<(), WorkerError> {
    let mut backoff = Backoff::default();
    loop {
        let slot = tokio::select! {
            // First, so that a poll that the server has ended because of the shutdown is the last.
            biased;
            _ = stop.wait_for(|stop| *stop != Stop::No) => return Ok(()),
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let Ok(slot) = slot else { return Ok(()) };
        let Some(polled) = until_stopped(poll_once(&shell, queue), &mut stop).await else {
            return Ok(());
        };
        match polled {
            Ok(task) => {
                backoff.reset();
                if task.task_token.is_empty() {
                    continue;
                }
                let shell = Arc::clone(&shell);
                tokio::spawn(async move {
                    super::workflow_task::run(&shell, task).await;
                    drop(slot);
                });
            }
            Err(status) => {
                super::shutdown::check_poll("polls for workflow tasks", &status)?;
                if !matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled) {
                    tracing::warn!(code = ?status.code(), message = status.message(), "a poll for workflow tasks failed");
                    drop(slot);
                    let wait = backoff.next(status.code());
                    let _ = tokio::time::timeout(wait, stop.wait_for(|it| *it != Stop::No)).await;
                }
            }
        }
    }
}

async fn poll_once(
    shell: &Shell,
    queue: Queue,
) -> Result<service::PollWorkflowTaskQueueResponse, tonic::Status> {
    let task_queue = match queue {
        Queue::Normal => TaskQueue {
            name: shell.task_queue.clone(),
            kind: TaskQueueKind::Normal as i32,
            ..TaskQueue::default()
        },
        Queue::Sticky => TaskQueue {
            name: shell.sticky_queue.clone(),
            kind: TaskQueueKind::Sticky as i32,
            normal_name: shell.task_queue.clone(),
        },
    };
    let mut request = Request::new(service::PollWorkflowTaskQueueRequest {
        namespace: shell.client.namespace().to_owned(),
        task_queue: Some(task_queue),
        identity: shell.client.identity().to_owned(),
        worker_instance_key: shell.instance_key.clone(),
        ..Default::default()
    });
    request.set_timeout(LONG_POLL);
    let mut service = shell.client.service();
    Ok(service
        .poll_workflow_task_queue(request)
        .await?
        .into_inner())
}
