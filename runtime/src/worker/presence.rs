//! Says from time to time that the worker is there, and how much it has to do, to servers that want to know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainspring_proto::enums::v1::WorkerStatus;
use mainspring_proto::worker::v1::{
    WorkerHeartbeat, WorkerHostInfo, WorkerPollerInfo, WorkerSlotsInfo,
};
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::watch;
use tonic::{Code, Status};

use super::Shell;
use super::measures::TaskKind;
use super::shutdown::Stop;
use crate::time::{duration_to_proto, time_to_proto};

/// What a worker has done so far.
pub(super) struct Tally {
    started: SystemTime,
    /// Whether the server wants to know.
    wanted: AtomicBool,
    pub(super) workflow_tasks: Tasks,
    pub(super) activities: Tasks,
    pub(super) local_activities: Tasks,
    pub(super) cache_hits: AtomicU32,
    pub(super) cache_misses: AtomicU32,
}

/// Tasks of one kind.
#[derive(Default)]
pub(super) struct Tasks {
    running: AtomicU32,
    processed: AtomicU32,
    failed: AtomicU32,
    /// What was said last of the two above.
    said: [AtomicU32; 2],
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            started: SystemTime::now(),
            wanted: AtomicBool::new(false),
            workflow_tasks: Tasks::default(),
            activities: Tasks::default(),
            local_activities: Tasks::default(),
            cache_hits: AtomicU32::new(0),
            cache_misses: AtomicU32::new(0),
        }
    }
}

impl Tasks {
    /// One more runs.
    pub(super) fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// One has ended.
    pub(super) fn end(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.processed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed) as usize
    }

    /// The task that runs has failed.
    pub(super) fn fail(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn info(&self, slots: usize) -> WorkerSlotsInfo {
        let running = self.running.load(Ordering::Relaxed);
        let counts = [&self.processed, &self.failed].map(|it| it.load(Ordering::Relaxed));
        let new = |index: usize| {
            let said = self.said[index].swap(counts[index], Ordering::Relaxed);
            counts[index].wrapping_sub(said)
        };
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        WorkerSlotsInfo {
            current_available_slots: signed(slots.saturating_sub(running)),
            current_used_slots: signed(running),
            total_processed_tasks: signed(counts[0]),
            total_failed_tasks: signed(counts[1]),
            last_interval_processed_tasks: signed(new(0)),
            last_interval_failure_tasks: signed(new(1)),
            ..WorkerSlotsInfo::default()
        }
    }
}

fn signed(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Says so until the worker stops.
pub(super) async fn announce(shell: Arc<Shell>, mut stop: watch::Receiver<Stop>) {
    let Some(interval) = shell.options.heartbeat_interval else {
        return;
    };
    loop {
        match say(&shell, WorkerStatus::Running, interval).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(status) => {
                tracing::debug!(code = ?status.code(), message = status.message(), "the server was not told of the worker");
                if matches!(status.code(), Code::Unimplemented | Code::PermissionDenied) {
                    return;
                }
            }
        }
        let stopped = stop.wait_for(|stop| *stop != Stop::No);
        if tokio::time::timeout(interval, stopped).await.is_ok() {
            return;
        }
    }
}

/// What to say at the end, if the server has been told anything.
pub(super) fn last_words(shell: &Shell, status: WorkerStatus) -> Option<WorkerHeartbeat> {
    let wanted = shell.tally.wanted.load(Ordering::Relaxed);
    wanted.then(|| heartbeat(shell, status, None))
}

/// Whether the server wants to know.
async fn say(shell: &Shell, status: WorkerStatus, interval: Duration) -> Result<bool, Status> {
    let told = shell.tally.wanted.load(Ordering::Relaxed);
    if !told && !is_wanted(shell).await? {
        return Ok(false);
    }
    shell.tally.wanted.store(true, Ordering::Relaxed);
    send(shell, heartbeat(shell, status, told.then_some(interval))).await?;
    Ok(true)
}

async fn is_wanted(shell: &Shell) -> Result<bool, Status> {
    let request = service::DescribeNamespaceRequest {
        namespace: shell.client.namespace().to_owned(),
        ..Default::default()
    };
    let described = shell.client.shared.once(&request).await?;
    let info = described.namespace_info.unwrap_or_default();
    Ok(info.capabilities.is_some_and(|it| it.worker_heartbeats))
}

async fn send(shell: &Shell, heartbeat: WorkerHeartbeat) -> Result<(), Status> {
    let request = service::RecordWorkerHeartbeatRequest {
        namespace: shell.client.namespace().to_owned(),
        identity: shell.client.identity().to_owned(),
        worker_heartbeat: vec![heartbeat],
        ..Default::default()
    };
    shell.client.shared.once(&request).await?;
    Ok(())
}

fn heartbeat(shell: &Shell, status: WorkerStatus, since: Option<Duration>) -> WorkerHeartbeat {
    let (options, tally) = (&shell.options, &shell.tally);
    let pollers = |there: bool, polls: usize| {
        there.then(|| WorkerPollerInfo {
            current_pollers: i32::try_from(polls).unwrap_or(i32::MAX),
            ..WorkerPollerInfo::default()
        })
    };
    let slots = |kind| Some(shell.tasks(kind).info(shell.slots(kind)));
    let has_workflows = shell.registry.has_workflows();
    let identity = shell.client.identity();
    WorkerHeartbeat {
        worker_instance_key: shell.instance_key.clone(),
        worker_identity: identity.to_owned(),
        host_info: Some(WorkerHostInfo {
            host_name: crate::client::host_name(),
            process_id: std::process::id().to_string(),
            ..WorkerHostInfo::default()
        }),
        task_queue: shell.task_queue.clone(),
        sdk_name: crate::SDK_NAME.to_owned(),
        sdk_version: crate::SDK_VERSION.to_owned(),
        status: status as i32,
        start_time: Some(time_to_proto(tally.started)),
        heartbeat_time: Some(time_to_proto(SystemTime::now())),
        elapsed_since_last_heartbeat: since.map(duration_to_proto),
        workflow_task_slots_info: slots(TaskKind::Workflow),
        activity_task_slots_info: slots(TaskKind::Activity),
        local_activity_slots_info: slots(TaskKind::LocalActivity),
        workflow_poller_info: pollers(has_workflows, options.workflow_pollers),
        workflow_sticky_poller_info: pollers(
            has_workflows && shell.is_sticky(),
            options.workflow_pollers,
        ),
        activity_poller_info: pollers(shell.registry.has_activities(), options.activity_pollers),
        total_sticky_cache_hit: signed(tally.cache_hits.load(Ordering::Relaxed)),
        total_sticky_cache_miss: signed(tally.cache_misses.load(Ordering::Relaxed)),
        current_sticky_cache_size: i32::try_from(shell.cache.len()).unwrap_or(i32::MAX),
        ..WorkerHeartbeat::default()
    }
}
