//! Heartbeats of activities: as often as needed, not as often as called.

use std::sync::Arc;
use std::time::Duration;

use mainspring_proto::common::v1::Payloads;
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::Code;

use super::Shell;
use super::shutdown::Stop;
use crate::activity::{CancelReason, Execution};

/// The part of the heartbeat timeout that may pass between two that are sent.
const PART: f64 = 0.8;
/// For activities without a heartbeat timeout.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
/// So that activities with long timeouts hear of cancellations in time.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// Sends what an activity reports, and tells it when to stop.
pub(super) fn spawn(
    shell: &Arc<Shell>,
    execution: &Arc<Execution>,
    stop: watch::Receiver<Stop>,
) -> JoinHandle<()> {
    let shell = Arc::clone(shell);
    let execution = Arc::clone(execution);
    tokio::spawn(async move {
        tokio::join!(beats(&shell, &execution), shutdown(&execution, stop));
    })
}

async fn beats(shell: &Shell, execution: &Execution) {
    let interval = execution
        .info
        .heartbeat
        .map_or(DEFAULT_INTERVAL, |timeout| {
            timeout.mul_f64(PART).min(LONGEST_INTERVAL)
        });
    loop {
        execution.beat.notified().await;
        let Some(mut details) = execution.take_new_report() else {
            continue;
        };
        let interceptors = &shell.client.shared.interceptors;
        interceptors.heartbeat(&execution.info, &mut details);
        if let Some(reason) = send(shell, execution, details).await {
            execution.cancel.send_replace(Some(reason));
        }
        tokio::time::sleep(interval).await;
    }
}

async fn send(
    shell: &Shell,
    execution: &Execution,
    details: Vec<crate::converter::Payload>,
) -> Option<CancelReason> {
    let payloads = match shell.client.shared.encode(details).await {
        Ok(payloads) => payloads,
        Err(error) => {
            let activity = &execution.info.activity_type;
            tracing::warn!(activity, %error, "a heartbeat is sent without its details");
            Vec::new()
        }
    };
    let request = service::RecordActivityTaskHeartbeatRequest {
        task_token: execution.info.task_token.clone().into(),
        details: (!payloads.is_empty()).then_some(Payloads { payloads }),
        identity: shell.client.identity().to_owned(),
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    match shell.client.shared.once(&request).await {
        Ok(response) => match (response.cancel_requested, response.activity_paused) {
            (true, _) => Some(CancelReason::Requested),
            (_, true) => Some(CancelReason::Paused),
            _ => None,
        },
        Err(status) if status.code() == Code::NotFound => Some(CancelReason::Gone),
        Err(status) => {
            // The next one says the same and more.
            tracing::debug!(code = ?status.code(), message = status.message(), "a heartbeat was not taken");
            None
        }
    }
}

async fn shutdown(execution: &Execution, mut stop: watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop == Stop::Now).await.is_ok() {
        execution
            .cancel
            .send_replace(Some(CancelReason::WorkerShutdown));
    }
}
