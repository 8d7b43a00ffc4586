//! One activity task, from its poll to its answer.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tracing::Instrument;

use super::Shell;
use super::activity_answer::{Token, answer, codec_failure};
use super::heartbeat;
use super::measures::{Measures, TaskKind, between};
use super::registry::RegisteredActivity;
use super::shutdown::Stop;
use crate::activity::{ActivityInfo, ActivityRun, CURRENT, CancelReason, Execution};
use crate::converter::{EncodedValues, Payload};
use crate::engine::message_of;
use crate::error::{ActivityError, ActivityErrorKind, Failure, FailureKind};
use crate::interceptor::ActivityBody;
use crate::time::{duration_from_proto, time_from_proto};

/// How an attempt ended.
pub(super) enum Ending {
    Completed(Payload),
    Failed(Failure),
    Cancelled(Failure),
    /// Someone else completes it later.
    Later,
    /// Its process was killed when its time was over.
    TimedOut,
}

/// Runs an activity that came with the answer to a workflow task, in the slot that was reserved for it.
pub(super) fn spawn_eager(
    shell: &Arc<Shell>,
    task: service::PollActivityTaskQueueResponse,
    slot: Option<OwnedSemaphorePermit>,
) {
    let shell = Arc::clone(shell);
    tokio::spawn(async move {
        let stop = shell.stop.subscribe();
        run(&shell, task, stop).await;
        drop(slot);
    });
}

/// Runs one attempt, and answers.
pub(super) async fn run(
    shell: &Arc<Shell>,
    mut task: service::PollActivityTaskQueueResponse,
    stop: watch::Receiver<Stop>,
) {
    let _running = shell.run(TaskKind::Activity);
    let token = Token::of(&task);
    let name = task.activity_type.clone().unwrap_or_default().name;
    let workflow_type = task.workflow_type.clone().unwrap_or_default().name;
    let measures = Measures::of_task(shell, &name, &workflow_type);
    let waited = [task.current_attempt_scheduled_time, task.started_time];
    let before = between(task.scheduled_time, task.started_time).unwrap_or_default();
    let name_of_wait = "temporal_activity_schedule_to_start_latency";
    shell.latency_between(name_of_wait, &measures.labels, waited);
    let mut last_report = None;
    let ending = match shell.registry.activity(&name) {
        Some(activity) => match shell.client.data_converter().decode_all(&mut task).await {
            Ok(()) => {
                let input = task.input.take().unwrap_or_default().payloads;
                let execution = execution(shell, &task);
                let beats = heartbeat::spawn(shell, &execution, stop);
                let since = std::time::Instant::now();
                let ending = call(shell, &activity, Arc::clone(&execution), input).await;
                last_report = execution.last_report();
                beats.abort();
                let ran = since.elapsed();
                measures.ended(&ending, ran, before + ran);
                ending
            }
            Err(error) => failed(&measures, codec_failure(&error)),
        },
        None => {
            shell.count(
                "temporal_unregistered_activity_invocation",
                &measures.labels,
            );
            failed(&measures, unknown(shell, &name))
        }
    };
    if let Ending::Failed(_) = &ending {
        shell.tally.activities.fail();
    }
    #[cfg(feature = "testing")]
    if let Ending::Failed(failure) = &ending {
        let attempt = u32::try_from(task.attempt).unwrap_or_default();
        let scrutiny = &shell.options.scrutiny;
        scrutiny.activity_failed(&name, attempt, &failure.message);
    }
    answer(shell, &token, ending, last_report).await;
}

/// It has failed before it could run.
fn failed(measures: &Measures<'_>, failure: Failure) -> Ending {
    measures.failed(&failure);
    Ending::Failed(failure)
}

fn execution(shell: &Arc<Shell>, task: &service::PollActivityTaskQueueResponse) -> Arc<Execution> {
    let last_heartbeat = EncodedValues::from(task.heartbeat_details.clone());
    new_execution(shell, info_of(task, &shell.task_queue), last_heartbeat)
}

/// What is known of an attempt from its task.
pub(super) fn info_of(
    task: &service::PollActivityTaskQueueResponse,
    task_queue: &str,
) -> ActivityInfo {
    let workflow = task.workflow_execution.clone().unwrap_or_default();
    ActivityInfo {
        task_token: task.task_token.to_vec(),
        activity_id: task.activity_id.clone(),
        activity_type: task.activity_type.clone().unwrap_or_default().name,
        task_queue: task_queue.to_owned(),
        namespace: task.workflow_namespace.clone(),
        workflow_type: task.workflow_type.clone().unwrap_or_default().name,
        workflow_id: workflow.workflow_id,
        workflow_run_id: workflow.run_id,
        attempt: u32::try_from(task.attempt).unwrap_or(1).max(1),
        scheduled: task.scheduled_time.map(time_from_proto),
        started: task.started_time.map(time_from_proto),
        start_to_close: task.start_to_close_timeout.map(duration_from_proto),
        schedule_to_close: task.schedule_to_close_timeout.map(duration_from_proto),
        heartbeat: task
            .heartbeat_timeout
            .map(duration_from_proto)
            .filter(|it| !it.is_zero()),
        is_local: false,
        headers: task.header.clone().unwrap_or_default().fields,
    }
}

pub(super) fn new_execution(
    shell: &Arc<Shell>,
    info: ActivityInfo,
    last_heartbeat: EncodedValues,
) -> Arc<Execution> {
    Arc::new(Execution {
        info,
        client: Some(shell.client.clone()),
        metrics: shell.client.shared.metrics.clone(),
        converter: shell.client.data_converter().clone(),
        last_heartbeat,
        reported: Mutex::default(),
        beat: Notify::new(),
        cancel: watch::channel(None).0,
    })
}

/// Calls the code of an activity. A panic is a failure like any other.
pub(super) async fn call(
    shell: &Arc<Shell>,
    activity: &RegisteredActivity,
    execution: Arc<Execution>,
    input: Vec<Payload>,
) -> Ending {
    let cancel = execution.cancel.subscribe();
    let body = body_of(activity, &execution, input);
    let interceptors = &shell.client.shared.interceptors;
    let body = interceptors.activity(&execution.info, body);
    let outcome = joined(execution, body).await;
    ending(outcome, *cancel.borrow())
}

/// The code of an activity, whatever its kind.
pub(super) fn body_of(
    activity: &RegisteredActivity,
    execution: &Arc<Execution>,
    input: Vec<Payload>,
) -> ActivityBody {
    let (instance, execution) = (Arc::clone(&activity.instance), Arc::clone(execution));
    let converter = execution.converter.clone();
    match &activity.definition.run {
        ActivityRun::Async(run) => run(instance, converter, input),
        ActivityRun::Blocking(run) => {
            let run = Arc::clone(run);
            Box::pin(on_thread(execution, move || {
                run(instance, converter, input)
            }))
        }
        #[cfg(unix)]
        ActivityRun::Isolated(isolation) => Box::pin(super::isolation::run(
            Arc::clone(isolation),
            execution,
            input,
        )),
    }
}

/// Runs the code of an activity in a task of its own, as what is current there.
pub(super) async fn joined(
    execution: Arc<Execution>,
    body: ActivityBody,
) -> Result<Payload, ActivityError> {
    let info = &execution.info;
    let span = tracing::info_span!(
        "activity",
        activity_type = info.activity_type,
        activity_id = info.activity_id,
        workflow_id = info.workflow_id,
        attempt = info.attempt
    );
    let outcome = tokio::spawn(CURRENT.scope(execution, body.instrument(span))).await;
    outcome.unwrap_or_else(|error| Err(panicked(error)))
}

/// Runs the code of a blocking activity on a thread of its own.
async fn on_thread(
    execution: Arc<Execution>,
    code: impl FnOnce() -> Result<Payload, ActivityError> + Send + 'static,
) -> Result<Payload, ActivityError> {
    // Both are of this thread, and are to be found on the other one.
    let span = tracing::Span::current();
    #[cfg(feature = "opentelemetry")]
    let context = opentelemetry::Context::current();
    let body = move || {
        #[cfg(feature = "opentelemetry")]
        let _context = context.attach();
        span.in_scope(|| CURRENT.sync_scope(execution, AssertUnwindSafe(code)))
    };
    let outcome = tokio::task::spawn_blocking(body).await;
    outcome.unwrap_or_else(|error| Err(panicked(error)))
}

fn panicked(error: tokio::task::JoinError) -> ActivityError {
    let message = match error.try_into_panic() {
        Ok(panic) => message_of(&*panic),
        Err(error) => error.to_string(),
    };
    ActivityError::new("Panic", format!("the activity panicked: {message}"))
}

fn ending(outcome: Result<Payload, ActivityError>, cancelled: Option<CancelReason>) -> Ending {
    let failure = match outcome.map_err(ActivityError::into_kind) {
        Ok(payload) => return Ending::Completed(payload),
        Err(ActivityErrorKind::WillCompleteAsync) => return Ending::Later,
        Err(ActivityErrorKind::TimedOut) => return Ending::TimedOut,
        Err(ActivityErrorKind::Failure(failure)) => *failure,
    };
    match (&failure.kind, cancelled) {
        (FailureKind::Canceled { .. }, Some(CancelReason::Requested | CancelReason::Gone)) => {
            Ending::Cancelled(failure)
        }
        // Nobody asked for it: to the server a cancelled answer would be an error.
        (FailureKind::Canceled { .. }, _) => {
            Ending::Failed(Failure::application("Cancelled", failure.message))
        }
        _ => Ending::Failed(failure),
    }
}

pub(super) fn unknown(shell: &Shell, name: &str) -> Failure {
    let known = shell.registry.activity_names();
    Failure::application(
        "NotFoundError",
        format!(
            "this worker has no activity `{name}`; on task queue {:?} it has: {}",
            shell.task_queue,
            known.join(", ")
        ),
    )
}
