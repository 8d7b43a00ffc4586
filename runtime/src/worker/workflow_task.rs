//! One workflow task, from its poll to its answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mainspring_proto::command::v1::Command;
use mainspring_proto::command::v1::command::Attributes;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::enums::v1::{CommandType, WorkflowTaskFailedCause};
use mainspring_proto::history::v1::{History, HistoryEvent};
use mainspring_proto::workflowservice::v1 as service;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tonic::Status;

use super::Shell;
use super::deadlock::WatchedRun;
use super::local_activity::LocalActivities;
use super::measures::{TaskKind, WORKFLOW_TYPE};
use super::sticky_cache::{Expected, Put};
use super::workflow_answer::{answer_query, codec_failure, complete, fail};
use crate::engine::{
    CaughtUp, Completion, Engine, Input, Output, Progress, RunIdentity, Surroundings, TaskFailure,
    WorkflowTask,
};
use crate::error::Failure;
use crate::metrics::Label;

/// Local activities may hold a task for this part of its timeout before it is answered and asked for again.
const HEARTBEAT_AT: f64 = 0.8;
/// The server's default, for runs whose first event does not say.
const DEFAULT_TASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a task, and those that the server hands out with the answers.
pub(super) async fn run(shell: &Arc<Shell>, task: service::PollWorkflowTaskQueueResponse) {
    let mut next = Some(task);
    while let Some(task) = next.take() {
        next = run_one(shell, task).await;
    }
}

/// What identifies a task in its answer.
pub(super) struct Token {
    pub(super) task_token: bytes::Bytes,
    pub(super) execution: WorkflowExecution,
    pub(super) attempt: i32,
    /// When the server gives up on the task.
    pub(super) deadline: Instant,
    pub(super) is_query: bool,
    pub(super) workflow_type: String,
}

async fn run_one(
    shell: &Arc<Shell>,
    task: service::PollWorkflowTaskQueueResponse,
) -> Option<service::PollWorkflowTaskQueueResponse> {
    let _running = shell.run(TaskKind::Workflow);
    let token = Token {
        task_token: task.task_token.clone(),
        execution: task.workflow_execution.clone().unwrap_or_default(),
        attempt: task.attempt,
        // Until the run is there and says how long its tasks may take.
        deadline: Instant::now() + DEFAULT_TASK_TIMEOUT,
        is_query: task.query.is_some(),
        workflow_type: task.workflow_type.clone().unwrap_or_default().name,
    };
    if !token.is_query {
        let times = [task.scheduled_time, task.started_time];
        let name = "temporal_workflow_task_schedule_to_start_latency";
        shell.latency_between(name, &token.labels(), times);
    }
    let (engine, input) = match prepare(shell, task).await {
        Ok(prepared) => prepared,
        Err(Unprepared::Server(status)) => {
            // The task times out, and comes again.
            tracing::warn!(code = ?status.code(), message = status.message(), "cannot get the history of a workflow task");
            return None;
        }
        Err(Unprepared::Failed(failure)) => {
            fail(shell, &token, failure).await;
            return None;
        }
    };
    drive(shell, token, engine, input).await
}

/// Runs a task to its answer; and, while local activities outlast it, the tasks that follow it at once.
async fn drive(
    shell: &Arc<Shell>,
    mut token: Token,
    mut engine: Box<Engine>,
    input: WorkflowTask,
) -> Option<service::PollWorkflowTaskQueueResponse> {
    let mut local = LocalActivities::new(shell);
    #[cfg(feature = "testing")]
    let mut second_look = super::second_look::SecondLook::at(shell, &input);
    let began = Instant::now();
    handle(shell, &token, &mut engine, Input::Task(Box::new(input))).await;
    // Known once the run has begun.
    let mut heartbeat_at = token.limit(began, &engine);
    loop {
        match engine.poll_output() {
            Output::StartLocalActivity(task) => {
                local.start(*task, &token.execution, &token.workflow_type);
            }
            Output::CancelLocalActivity(seq) => local.cancel(seq),
            Output::QueryAnswer(answer) => {
                let _back_soon = shell.expect(&token.execution.run_id);
                answer_query(shell, &token, *answer).await;
                shell.keep(&token, engine);
                return None;
            }
            Output::Failed(failure) => {
                fail(shell, &token, *failure).await;
                return None;
            }
            Output::Completion(completion) => {
                #[cfg(feature = "testing")]
                if let Some(second_look) = second_look.take() {
                    let execution = &token.execution;
                    let first = super::second_look::Seen::of(&*completion, &engine);
                    second_look
                        .take(shell, engine.anew(), execution, first)
                        .await;
                }
                let (finished, goes_on) = (completion.finished, completion.force_new_task);
                let ending = ending_of(&completion);
                let mut completion = *completion;
                let mut reserved = reserve_eager(shell, &mut completion.commands);
                let back_soon = match finished {
                    true => None,
                    false => shell.expect(&token.execution.run_id),
                };
                let response = complete(shell, &token, completion).await?;
                if response.reset_history_event_id > 0 {
                    engine.rewind_to(response.reset_history_event_id);
                }
                for task in response.activity_tasks {
                    super::activity_task::spawn_eager(shell, task, reserved.pop());
                }
                drop(reserved);
                if let Some(ending) = ending {
                    shell.count(ending, &token.labels());
                    let name = "temporal_workflow_endtoend_latency";
                    shell.latency(name, &token.labels(), engine.age());
                }
                if finished {
                    warn_unfinished(&engine, &token);
                    return None;
                }
                if !goes_on {
                    shell.keep(&token, engine);
                    return response.workflow_task;
                }
                drop(back_soon);
                let mut next = response.workflow_task?;
                token.follow(&next);
                if let Err(error) = shell.client.data_converter().decode_all(&mut next).await {
                    fail(shell, &token, codec_failure(&error)).await;
                    return None;
                }
                heartbeat_at = token.limit(Instant::now(), &engine);
                let input = into_input(&mut next);
                #[cfg(feature = "testing")]
                {
                    second_look = super::second_look::SecondLook::at(shell, &input);
                }
                let input = Input::Task(Box::new(input));
                handle(shell, &token, &mut engine, input).await;
            }
            Output::Idle if local.is_empty() => {
                // Nothing to answer: the task only replayed.
                shell.keep(&token, engine);
                return None;
            }
            Output::Idle => {
                let input = tokio::select! {
                    result = local.next() => Input::LocalActivity(Box::new(result)),
                    () = tokio::time::sleep_until(heartbeat_at) => Input::Heartbeat,
                };
                handle(shell, &token, &mut engine, input).await;
            }
        }
    }
}

/// Lets the engine run workflow code, under the watch for deadlocks.
async fn handle(shell: &Shell, token: &Token, engine: &mut Engine, input: Input) {
    // What this thread is to run next no other thread can take over, and it may be the connection: if the code blocks, even the
    // report of that would wait for it. So it runs now.
    tokio::task::yield_now().await;
    let execution = &token.execution;
    let (id, run_id) = (&execution.workflow_id, &execution.run_id);
    let span = tracing::info_span!(
        "workflow",
        workflow_type = token.workflow_type,
        workflow_id = id,
        run_id
    );
    let run = WatchedRun {
        task_token: token.task_token.clone(),
        workflow_type: token.workflow_type.clone(),
        workflow_id: id.clone(),
        run_id: run_id.clone(),
        location: engine.location(),
        progress: engine.progress(),
    };
    let code = || span.in_scope(|| engine.handle(input));
    #[cfg(feature = "testing")]
    let code = || super::second_look::trapped(shell, id, code);
    let since = std::time::Instant::now();
    shell.watch.watched(run, code);
    let name = "temporal_workflow_task_execution_latency";
    shell.latency(name, &token.labels(), since.elapsed());
}

/// How many activities one workflow task may start at once on this worker, so that other workers get some too.
const MAX_EAGER: usize = 3;

/// Reserves slots for activities that this worker may start at once, without a way through their queue.
fn reserve_eager(shell: &Shell, commands: &mut [Command]) -> Vec<OwnedSemaphorePermit> {
    let mut reserved = Vec::new();
    let options = &shell.options;
    // What goes past the queue would go past its pace.
    let is_paced =
        options.activities_per_second.is_some() || options.queue_activities_per_second.is_some();
    for command in commands {
        let Some(Attributes::ScheduleActivityTaskCommandAttributes(activity)) =
            &mut command.attributes
        else {
            continue;
        };
        let wanted = activity.request_eager_execution && reserved.len() < MAX_EAGER;
        let queue = activity.task_queue.as_ref().map(|it| it.name.as_str());
        let name = activity.activity_type.as_ref().map_or("", |it| &it.name);
        let ours = queue == Some(&shell.task_queue) && shell.registry.activity(name).is_some();
        let slots = Arc::clone(&shell.activity_slots);
        let slot = match wanted && ours && !is_paced && !shell.is_stopping() {
            true => slots.try_acquire_owned().ok(),
            false => None,
        };
        activity.request_eager_execution = slot.is_some();
        reserved.extend(slot);
    }
    reserved
}

/// What to count for a run that ends with this task.
fn ending_of(completion: &Completion) -> Option<&'static str> {
    let last = completion.commands.last().filter(|_| completion.finished)?;
    Some(match last.command_type() {
        CommandType::CompleteWorkflowExecution => "temporal_workflow_completed",
        CommandType::FailWorkflowExecution if is_benign(last) => return None,
        CommandType::FailWorkflowExecution => "temporal_workflow_failed",
        CommandType::CancelWorkflowExecution => "temporal_workflow_canceled",
        CommandType::ContinueAsNewWorkflowExecution => "temporal_workflow_continue_as_new",
        _ => return None,
    })
}

/// Whether a workflow fails in a way that its author calls part of normal operation.
fn is_benign(command: &Command) -> bool {
    let Some(Attributes::FailWorkflowExecutionCommandAttributes(fail)) = &command.attributes else {
        return false;
    };
    let failure = fail.failure.clone().unwrap_or_default();
    Failure::from_proto(failure).is_benign()
}

impl Token {
    /// What measurements of the run are told apart by.
    fn labels(&self) -> [Label<'_>; 1] {
        [(WORKFLOW_TYPE, &self.workflow_type)]
    }

    /// Notes until when an answer is of use; returns when to answer although local activities still run.
    fn limit(&mut self, began: Instant, engine: &Engine) -> Instant {
        let timeout = engine.task_timeout().unwrap_or(DEFAULT_TASK_TIMEOUT);
        self.deadline = began + timeout;
        began + timeout.mul_f64(HEARTBEAT_AT)
    }

    /// The next task of the same run.
    fn follow(&mut self, next: &service::PollWorkflowTaskQueueResponse) {
        self.task_token = next.task_token.clone();
        self.attempt = next.attempt;
        self.is_query = next.query.is_some();
    }
}

enum Unprepared {
    Server(Status),
    Failed(TaskFailure),
}

/// Finds the run in memory, or makes it anew from its whole history.
async fn prepare(
    shell: &Arc<Shell>,
    mut task: service::PollWorkflowTaskQueueResponse,
) -> Result<(Box<Engine>, WorkflowTask), Unprepared> {
    let execution = task.workflow_execution.clone().unwrap_or_default();
    let converter = shell.client.data_converter().clone();
    let decoded = converter.decode_all(&mut task).await;
    decoded.map_err(|error| Unprepared::Failed(codec_failure(&error)))?;
    let history = task.history.get_or_insert_default();
    let first = history.events.first().map(|event| event.event_id);
    let cached = shell.cache.take(&execution.run_id).await;
    if cached.is_some() {
        shell.gauge("temporal_sticky_cache_size", &[], shell.cache.len());
    }
    let cached = cached.filter(|engine| match first {
        Some(first) => engine.last_event_id() + 1 == first,
        None => true,
    });
    if !task.next_page_token.is_empty() {
        let page = std::mem::take(&mut task.next_page_token);
        let rest = shell.client.history_from(&execution, page).await;
        let rest = decoded_history(shell, rest.map_err(Unprepared::Server)?).await?;
        history.events.extend(rest);
    }
    if task.started_event_id > 0 && first != Some(1) {
        let (name, tally) = match cached {
            Some(_) => ("temporal_sticky_cache_hit", &shell.tally.cache_hits),
            None => ("temporal_sticky_cache_miss", &shell.tally.cache_misses),
        };
        tally.fetch_add(1, Ordering::Relaxed);
        let workflow_type = task.workflow_type.as_ref().map_or("", |it| &it.name);
        shell.count(name, &[(WORKFLOW_TYPE, workflow_type)]);
    }
    if let Some(engine) = cached {
        return Ok((engine, into_input(&mut task)));
    }
    if first != Some(1) {
        let mut events = shell
            .client
            .history_of(&execution)
            .await
            .map_err(Unprepared::Server)?;
        // The task may have begun after the history was read, or the history may have gone on since.
        if task.started_event_id > 0 {
            events.retain(|event| event.event_id <= task.started_event_id);
        }
        history.events = decoded_history(shell, events).await?;
    }
    let name = task.workflow_type.clone().unwrap_or_default().name;
    let Some(definition) = shell.registry.workflow(&name) else {
        let known = shell.registry.workflow_names();
        return Err(Unprepared::Failed(TaskFailure {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: Box::new(Failure::application(
                "UnknownWorkflowType",
                format!(
                    "this worker has no workflow `{name}`; on task queue {:?} it has: {}",
                    shell.task_queue,
                    known.join(", ")
                ),
            )),
        }));
    };
    let identity = RunIdentity {
        namespace: shell.client.namespace().to_owned(),
        task_queue: shell.task_queue.clone(),
        workflow_id: execution.workflow_id,
        run_id: execution.run_id,
    };
    let around = Surroundings {
        interceptors: shell.client.shared.interceptors.clone(),
        metrics: shell.client.shared.metrics.clone(),
        sinks: shell.sinks.clone(),
        progress: Progress::default(),
        caught_up: measure_replay(shell, &name),
        silent: false,
    };
    let engine = Engine::new(definition, identity, converter).with_surroundings(around);
    let engine = Box::new(engine);
    Ok((engine, into_input(&mut task)))
}

/// Measures, once a run is where it was, how long it took to get there.
fn measure_replay(shell: &Arc<Shell>, workflow_type: &str) -> CaughtUp {
    if shell.client.shared.metrics.get().is_none() {
        return CaughtUp::default();
    }
    let (shell, workflow_type) = (Arc::downgrade(shell), workflow_type.to_owned());
    let since = std::time::Instant::now();
    CaughtUp::new(move || {
        if let Some(shell) = shell.upgrade() {
            let labels = [(WORKFLOW_TYPE, workflow_type.as_str())];
            let name = "temporal_workflow_task_replay_latency";
            shell.latency(name, &labels, since.elapsed());
        }
    })
}

async fn decoded_history(
    shell: &Shell,
    events: Vec<HistoryEvent>,
) -> Result<Vec<HistoryEvent>, Unprepared> {
    let mut history = History::from(events);
    let converter = shell.client.data_converter();
    match converter.decode_all(&mut history).await {
        Ok(()) => Ok(history.events),
        Err(error) => Err(Unprepared::Failed(codec_failure(&error))),
    }
}

fn into_input(task: &mut service::PollWorkflowTaskQueueResponse) -> WorkflowTask {
    WorkflowTask {
        events: task.history.take().unwrap_or_default().events,
        // A query names the last task that ran, which is over.
        started_event_id: match task.query {
            Some(_) => 0,
            None => task.started_event_id,
        },
        queries: std::mem::take(&mut task.queries),
        query: task.query.take(),
        messages: std::mem::take(&mut task.messages),
        side_effects: Vec::new(),
        local_activities: Vec::new(),
    }
}

impl Shell {
    /// Says that a run will be kept once its task is answered.
    fn expect<'c>(&'c self, run_id: &'c str) -> Option<Expected<'c>> {
        self.is_sticky().then(|| self.cache.expect(run_id))
    }

    fn keep(&self, token: &Token, engine: Box<Engine>) {
        if self.is_sticky() && !engine.is_broken() && !engine.is_finished() {
            if self.cache.put(token.execution.run_id.clone(), engine) == Put::InPlaceOfAnother {
                self.count("temporal_sticky_cache_total_forced_eviction", &[]);
            }
            self.gauge("temporal_sticky_cache_size", &[], self.cache.len());
        }
    }
}

fn warn_unfinished(engine: &Engine, token: &Token) {
    let handlers = engine.unfinished_handlers();
    if !handlers.is_empty() {
        tracing::warn!(
            workflow_id = token.execution.workflow_id,
            handlers = handlers.join(", "),
            "[TMPRL1102] the workflow ended while handlers were still running; wait with `workflow::all_handlers_finished`"
        );
    }
}
