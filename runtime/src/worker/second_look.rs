//! In tests: workflow tasks are run again, from the whole history, each time on a thread of its own,
//! so with other hash seeds; what comes of it must be the same to the byte. And while its code runs, what
//! it asks the operating system for is noticed.
//!
//! Local activities are not run again: their ends are those of the first time, but their parameters must be the same.
//!
//! Answers to queries are not compared: history does not have them, and they may be in any order. Nor are headers where there
//! are interceptors: what those write there may be of the moment, such as the span of a trace, and no replay looks at it.

use std::fmt::Debug;
use std::time::Duration;

use mainspring_proto::command::v1::Command;
use mainspring_proto::command::v1::command::Attributes;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::history::v1::History;
use tokio::sync::oneshot;

use super::Shell;
use crate::converter::Payload;
use crate::engine::{Completion, Engine, Input, LocalCall, Output, WorkflowTask, local_result};
use crate::testing::{Operation, Scrutiny, trap};

/// How long another run of a task may take. What is awaited is the machine's time, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A task to look at again.
pub(super) struct SecondLook {
    task: WorkflowTask,
    scrutiny: Scrutiny,
}

/// Runs code of a workflow, and reports what it asks the operating system for.
pub(super) fn trapped<R>(shell: &Shell, workflow_id: &str, code: impl FnOnce() -> R) -> R {
    shell.options.scrutiny.trapped(workflow_id, code)
}

impl Scrutiny {
    fn trapped<R>(&self, workflow_id: &str, code: impl FnOnce() -> R) -> R {
        if !self.trap {
            return code();
        }
        let (value, culprit) = trap::watch(code);
        if let Some(culprit) = culprit {
            self.suspicions.report(format!(
                "the code of workflow {workflow_id:?} is not deterministic: it {culprit}\n\
                 (`#[mainspring::test(without_trap = \"the reason\")]` turns this off)"
            ));
        }
        value
    }
}

impl SecondLook {
    /// Notes what a task brings besides its events. None if nobody is suspicious.
    pub(super) fn at(shell: &Shell, task: &WorkflowTask) -> Option<Self> {
        let scrutiny = shell.options.scrutiny.clone();
        let task = WorkflowTask {
            started_event_id: task.started_event_id,
            queries: task.queries.clone(),
            messages: task.messages.clone(),
            ..WorkflowTask::default()
        };
        (scrutiny.replays && task.started_event_id > 0).then_some(Self { task, scrutiny })
    }

    /// Runs the task again with fresh engines, and reports the first difference.
    pub(super) async fn take(
        self,
        shell: &Shell,
        engine: Engine,
        execution: &WorkflowExecution,
        first: Seen<&Completion>,
    ) {
        let Self { mut task, scrutiny } = self;
        let started = task.started_event_id;
        let looks = scrutiny.looks_at(&execution.run_id, started, first.answer.finished);
        if looks == 0 {
            return;
        }
        // A task of whose run nothing more can be read has been overtaken: it is not taken either.
        let Ok(mut events) = shell.client.history_of(execution).await else {
            return;
        };
        events.retain(|event| event.event_id <= task.started_event_id);
        if events.last().map(|event| event.event_id) != Some(task.started_event_id) {
            return;
        }
        let mut history = History::from(events);
        let converter = shell.client.data_converter();
        if converter.decode_all(&mut history).await.is_err() {
            return;
        }
        task.events = history.events;
        let commands = first.answer.commands.iter();
        task.side_effects = commands.clone().filter_map(side_effect).collect();
        task.local_activities = commands.filter_map(local_result).collect();
        let workflow_id = &execution.workflow_id;
        let comparable = match shell.client.shared.interceptors.is_empty() {
            true => Command::clone,
            false => without_header,
        };
        for _ in 0..looks {
            let again = replayed(engine.anew(), &task, &scrutiny, workflow_id);
            let Ok(again) = tokio::time::timeout(PATIENCE, again).await else {
                scrutiny.suspicions.report(format!(
                    "the code of workflow {workflow_id:?} is not deterministic: run again from the start, on another thread, \
                     its task of event {started} does not come to an end: does it wait for a lock, or for a static?"
                ));
                return;
            };
            if let Some(difference) = difference(&first, again, comparable) {
                scrutiny.suspicions.report(format!(
                    "the code of workflow {workflow_id:?} is not deterministic: run again from the start, on another thread, \
                     its task of event {started} {difference}"
                ));
                return;
            }
        }
    }
}

/// What a task has come to.
pub(super) struct Seen<A> {
    answer: A,
    local_calls: Vec<LocalCall>,
}

impl<A> Seen<A> {
    pub(super) fn of(answer: A, engine: &Engine) -> Self {
        Self {
            answer,
            local_calls: engine.local_calls(),
        }
    }
}

async fn replayed(
    mut engine: Engine,
    task: &WorkflowTask,
    scrutiny: &Scrutiny,
    workflow_id: &str,
) -> Option<Seen<Output>> {
    let (task, scrutiny) = (task.clone(), scrutiny.clone());
    let workflow_id = workflow_id.to_owned();
    let (done, output) = oneshot::channel();
    std::thread::spawn(move || {
        let input = Input::Task(Box::new(task));
        scrutiny.trapped(&workflow_id, || engine.handle(input));
        // Nobody waits if the test is over.
        let _ = done.send(Seen::of(answer_of(&mut engine), &engine));
    });
    output.await.ok()
}

/// The answer to the task, although local activities may still run.
fn answer_of(engine: &mut Engine) -> Output {
    let mut waits = true;
    loop {
        match engine.poll_output() {
            Output::StartLocalActivity(_) | Output::CancelLocalActivity(_) => {}
            Output::Idle if std::mem::take(&mut waits) => engine.handle(Input::Heartbeat),
            output => return output,
        }
    }
}

fn without_header(command: &Command) -> Command {
    use Attributes as A;
    let mut command = command.clone();
    match &mut command.attributes {
        Some(A::ScheduleActivityTaskCommandAttributes(it)) => it.header = None,
        Some(A::StartChildWorkflowExecutionCommandAttributes(it)) => it.header = None,
        Some(A::SignalExternalWorkflowExecutionCommandAttributes(it)) => it.header = None,
        Some(A::ContinueAsNewWorkflowExecutionCommandAttributes(it)) => it.header = None,
        _ => {}
    }
    command
}

/// The value of a side effect, which is not computed again.
fn side_effect(command: &Command) -> Option<Payload> {
    match Operation::of_command(command)? {
        Operation::SideEffect { value } => value.payloads().first().cloned(),
        _ => None,
    }
}

fn difference(
    first: &Seen<&Completion>,
    second: Option<Seen<Output>>,
    comparable: fn(&Command) -> Command,
) -> Option<String> {
    let Some(second) = second else {
        return Some("comes to no answer".to_owned());
    };
    let answer = match second.answer {
        Output::Completion(completion) => completion,
        Output::Failed(failed) => return Some(format!("fails: {}", failed.failure.message)),
        other => return Some(format!("comes to {other:?}")),
    };
    let calls = (&first.local_calls[..], &second.local_calls[..]);
    // History has nothing of the parameters, so that what follows from them may come too late.
    let in_calls = first_unlike(calls.0, calls.1, |call| call.clone(), ToString::to_string);
    in_calls.or_else(|| in_answers(first.answer, &answer, comparable))
}

fn in_answers(
    first: &Completion,
    second: &Completion,
    comparable: fn(&Command) -> Command,
) -> Option<String> {
    let in_commands = first_unlike(&first.commands, &second.commands, comparable, text);
    in_commands.or_else(|| {
        (first.messages != second.messages).then(|| {
            let ids: Vec<_> = first.messages.iter().map(|it| &it.id[..]).collect();
            format!("answers an update with another value ({})", ids.join(", "))
        })
    })
}

/// Where what was asked for first and what is asked for now begin to differ.
fn first_unlike<T: PartialEq + Debug>(
    first: &[T],
    second: &[T],
    comparable: impl Fn(&T) -> T,
    text: impl Fn(&T) -> String,
) -> Option<String> {
    let pairs = first.iter().zip(second);
    let common = pairs.len();
    let mut pairs = pairs.map(|(first, second)| (comparable(first), comparable(second)));
    if let Some((first, second)) = pairs.find(|(first, second)| first != second) {
        let (asked, asks) = (text(&first), text(&second));
        return Some(match asked == asks {
            // It is something that the short form does not show.
            true => format!("asks for {second:?} instead of {first:?}"),
            false => format!("asks for {asks} instead of {asked}"),
        });
    }
    match (first.get(common), second.get(common)) {
        (Some(first), _) => Some(format!("does not ask for {} any more", text(first))),
        (_, Some(second)) => Some(format!("asks for {} besides", text(second))),
        (None, None) => None,
    }
}

fn text(command: &Command) -> String {
    match Operation::of_command(command) {
        Some(operation) => operation.to_string(),
        None => format!("{command:?}"),
    }
}
