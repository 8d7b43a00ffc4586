//! Polls for activity tasks.

use std::sync::Arc;

use mainspring_proto::taskqueue::v1::{TaskQueue, TaskQueueMetadata};
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::watch;
use tonic::Code;

use super::measures::PollKind;
use super::shutdown::{Stop, until_stopped};
use super::{Shell, WorkerError};
use crate::client::Backoff;

/// Polls until the worker stops; each activity runs on its own.
pub(super) async fn poll(
    shell: Arc<Shell>,
    mut stop: watch::Receiver<Stop>,
) -> Result<(), WorkerError> {
    let mut backoff = Backoff::default();
    loop {
        let slot = tokio::select! {
            // First, so that a poll that the server has ended because of the shutdown is the last.
            biased;
            _ = stop.wait_for(|stop| *stop != Stop::No) => return Ok(()),
            slot = Arc::clone(&shell.activity_slots).acquire_owned() => slot,
        };
        let Ok(slot) = slot else { return Ok(()) };
        let Some(polled) = until_stopped(poll_in_time(&shell), &mut stop).await else {
            return Ok(());
        };
        match polled {
            Ok(task) => {
                backoff.reset();
                if task.task_token.is_empty() {
                    shell.count("temporal_activity_poll_no_task", &[]);
                    continue;
                }
                if let Some(pace) = &shell.pace {
                    pace.pass().await;
                }
                let (shell, stop) = (Arc::clone(&shell), stop.clone());
                tokio::spawn(async move {
                    super::activity_task::run(&shell, task, stop).await;
                    drop(slot);
                });
            }
            Err(status) => {
                super::shutdown::check_poll("polls for activity tasks", &status)?;
                if !matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled) {
                    tracing::warn!(code = ?status.code(), message = status.message(), "a poll for activity tasks failed");
                    drop(slot);
                    let wait = backoff.next(status.code());
                    let _ = tokio::time::timeout(wait, stop.wait_for(|it| *it != Stop::No)).await;
                }
            }
        }
    }
}

async fn poll_in_time(
    shell: &Shell,
) -> Result<service::PollActivityTaskQueueResponse, tonic::Status> {
    if let Some(pace) = &shell.pace {
        pace.may_pass().await;
    }
    poll_once(shell).await
}

async fn poll_once(shell: &Shell) -> Result<service::PollActivityTaskQueueResponse, tonic::Status> {
    let _open = shell.open_poll(PollKind::Activity);
    let request = service::PollActivityTaskQueueRequest {
        namespace: shell.client.namespace().to_owned(),
        task_queue: Some(TaskQueue {
            name: shell.task_queue.clone(),
            ..TaskQueue::default()
        }),
        identity: shell.client.identity().to_owned(),
        worker_instance_key: shell.instance_key.clone(),
        task_queue_metadata: shell.options.queue_activities_per_second.map(|rate| {
            TaskQueueMetadata {
                max_tasks_per_second: Some(rate),
            }
        }),
        ..Default::default()
    };
    shell.client.shared.poll_once(&request).await
}
