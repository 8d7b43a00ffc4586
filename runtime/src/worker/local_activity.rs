//! Local activities: run here, within the workflow task, retries included.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mainspring_proto::common::v1::WorkflowExecution;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Shell;
use super::activity_task::{self, Ending, new_execution, unknown};
use super::measures::{Measures, TaskKind};
use super::registry::RegisteredActivity;
use crate::activity::{ActivityInfo, CancelReason, Execution};
use crate::converter::{EncodedValues, Payload};
use crate::engine::{LocalActivityResult, LocalActivityTask};
use crate::error::{Failure, FailureKind, TimeoutKind};

/// The local activities of one workflow task and those that follow it.
pub(super) struct LocalActivities {
    shell: Arc<Shell>,
    running: JoinSet<LocalActivityResult>,
    cancels: HashMap<u32, watch::Sender<bool>>,
}

impl LocalActivities {
    pub(super) fn new(shell: &Arc<Shell>) -> Self {
        Self {
            shell: Arc::clone(shell),
            running: JoinSet::new(),
            cancels: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn start(
        &mut self,
        task: LocalActivityTask,
        execution: &WorkflowExecution,
        workflow_type: &str,
    ) {
        let (cancel, cancelled) = watch::channel(false);
        self.cancels.insert(task.seq, cancel);
        let shell = Arc::clone(&self.shell);
        let call = Call {
            execution: execution.clone(),
            workflow_type: workflow_type.to_owned(),
            begun: Instant::now(),
        };
        self.running
            .spawn(async move { run(&shell, task, &call, cancelled).await });
    }

    pub(super) fn cancel(&mut self, seq: u32) {
        if let Some(cancel) = self.cancels.get(&seq) {
            cancel.send_replace(true);
        }
    }

    /// Waits for the next result; forever if none runs.
    pub(super) async fn next(&mut self) -> LocalActivityResult {
        loop {
            match self.running.join_next().await {
                Some(Ok(result)) => {
                    self.cancels.remove(&result.seq);
                    return result;
                }
                // Panics of the activity's code are caught where it is called.
                Some(Err(error)) => {
                    tracing::error!(%error, "the run of a local activity ended without a result")
                }
                None => std::future::pending::<()>().await,
            }
        }
    }
}

/// The call of a workflow.
struct Call {
    execution: WorkflowExecution,
    workflow_type: String,
    begun: Instant,
}

async fn run(
    shell: &Arc<Shell>,
    task: LocalActivityTask,
    call: &Call,
    mut cancelled: watch::Receiver<bool>,
) -> LocalActivityResult {
    let left = task
        .schedule_to_close
        .map(|limit| limit.saturating_sub(task.waited));
    if left.is_some_and(|it| it.is_zero()) {
        return result(&task, task.attempt, Err(timeout(false)), None);
    }
    let deadline = left.map(|left| Instant::now() + left);
    let mut attempt = task.attempt;
    loop {
        let failure =
            match attempt_once(shell, &task, call, attempt, deadline, &mut cancelled).await {
                Ending::Completed(payload) => return result(&task, attempt, Ok(payload), None),
                Ending::Cancelled(failure) => return result(&task, attempt, Err(failure), None),
                Ending::Failed(failure) => failure,
                Ending::TimedOut => timeout(true),
                Ending::Later => Failure::application(
                    "CompleteAsync",
                    "a local activity cannot be completed later: its task would be gone",
                ),
            };
        let wait = match &failure.kind {
            FailureKind::Application {
                non_retryable: true,
                ..
            } => None,
            FailureKind::Application {
                next_retry_delay: Some(delay),
                ..
            } => Some(*delay),
            _ => task.retry.next_delay(attempt, failure.error_type()),
        };
        let in_time = |wait: &Duration| deadline.is_none_or(|end| Instant::now() + *wait < end);
        let Some(wait) = wait.filter(in_time) else {
            return result(&task, attempt, Err(failure), None);
        };
        if wait > task.local_retry_threshold {
            return result(&task, attempt, Err(failure), Some(wait));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => attempt += 1,
            () = wait_for_cancel(&mut cancelled) => {
                return result(&task, attempt, Err(stopped()), None);
            }
        }
    }
}

async fn attempt_once(
    shell: &Arc<Shell>,
    task: &LocalActivityTask,
    call: &Call,
    attempt: u32,
    deadline: Option<Instant>,
    cancelled: &mut watch::Receiver<bool>,
) -> Ending {
    let Some(activity) = shell.registry.activity(&task.activity_type) else {
        return Ending::Failed(unknown(shell, &task.activity_type));
    };
    let info = ActivityInfo {
        activity_id: task.activity_id.clone(),
        activity_type: task.activity_type.clone(),
        task_queue: shell.task_queue.clone(),
        namespace: shell.client.namespace().to_owned(),
        workflow_type: call.workflow_type.clone(),
        workflow_id: call.execution.workflow_id.clone(),
        workflow_run_id: call.execution.run_id.clone(),
        attempt,
        scheduled: task.original_schedule_time,
        started: Some(SystemTime::now()),
        start_to_close: task.start_to_close,
        schedule_to_close: task.schedule_to_close,
        is_local: true,
        headers: task.headers.clone(),
        ..ActivityInfo::default()
    };
    let _slot = tokio::select! {
        slot = shell.local_activity_slots.acquire() => slot,
        () = wait_for_cancel(cancelled) => return Ending::Cancelled(stopped()),
        () = until(deadline) => return Ending::Failed(timeout(false)),
    };
    let _running = shell.run(TaskKind::LocalActivity);
    let measures = Measures::of_local(shell, &task.activity_type, &call.workflow_type);
    let since = Instant::now();
    let execution = new_execution(shell, info, EncodedValues::default());
    let input = task.input.clone();
    let limits = (task.start_to_close, deadline);
    let ending = in_time(shell, &activity, execution, input, limits, cancelled).await;
    measures.ended(&ending, since.elapsed(), task.waited + call.begun.elapsed());
    ending
}

/// Runs the code of one attempt, until it ends or its time is over.
async fn in_time(
    shell: &Arc<Shell>,
    activity: &RegisteredActivity,
    execution: Arc<Execution>,
    input: Vec<Payload>,
    (start_to_close, deadline): (Option<Duration>, Option<Instant>),
    cancelled: &mut watch::Receiver<bool>,
) -> Ending {
    let cancel = execution.cancel.clone();
    let attempt_end = start_to_close.map(|after| Instant::now() + after);
    let end = match (attempt_end, deadline) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let timed_out = until(end);
    let body = activity_task::call(shell, activity, execution, input);
    tokio::pin!(body, timed_out);
    tokio::select! {
        ending = &mut body => ending,
        () = &mut timed_out => {
            cancel.send_replace(Some(CancelReason::Gone));
            Ending::Failed(timeout(attempt_end == end))
        }
        () = wait_for_cancel(cancelled) => {
            cancel.send_replace(Some(CancelReason::Requested));
            tokio::select! {
                ending = &mut body => ending,
                () = &mut timed_out => Ending::Cancelled(stopped()),
            }
        }
    }
}

fn stopped() -> Failure {
    Failure::canceled("local activity cancelled")
}

/// Ends at that time, if there is one.
async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Ends when the workflow cancels the activity. Its guard of the watched value must not live across an await.
async fn wait_for_cancel(cancelled: &mut watch::Receiver<bool>) {
    if cancelled.wait_for(|it| *it).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn timeout(of_attempt: bool) -> Failure {
    let kind = match of_attempt {
        true => TimeoutKind::StartToClose,
        false => TimeoutKind::ScheduleToClose,
    };
    Failure {
        message: format!("local activity: {kind}"),
        source: crate::SDK_SOURCE.to_owned(),
        kind: FailureKind::Timeout {
            kind,
            last_heartbeat: EncodedValues::default(),
        },
        ..Failure::default()
    }
}

fn result(
    task: &LocalActivityTask,
    attempt: u32,
    outcome: Result<Payload, Failure>,
    backoff: Option<Duration>,
) -> LocalActivityResult {
    LocalActivityResult {
        seq: task.seq,
        attempt,
        complete_time: Some(SystemTime::now()),
        outcome: outcome.map_err(|failure| Box::new(failure.into_proto())),
        backoff,
    }
}
