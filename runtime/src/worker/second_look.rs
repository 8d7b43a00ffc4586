//! In tests: workflow tasks are run again, from the whole history, each time on a thread of its own,
//! so with other hash seeds; what comes of it must be the same to the byte. And while its code runs, what
//! it asks the operating system for is noticed.
//!
//! Answers to queries are not compared: history does not have them, and they may be in any order. Nor are headers where there
//! are interceptors: what those write there may be of the moment, such as the span of a trace, and no replay looks at it.

use std::time::Duration;

use mainspring_proto::command::v1::Command;
use mainspring_proto::command::v1::command::Attributes;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::history::v1::History;
use tokio::sync::oneshot;

use super::Shell;
use crate::converter::Payload;
use crate::engine::{Completion, Engine, Input, Output, WorkflowTask};
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
        first: &Completion,
    ) {
        let Self { mut task, scrutiny } = self;
        let started = task.started_event_id;
        let looks = scrutiny.looks_at(&execution.run_id, started, first.finished);
        if first.force_new_task || looks == 0 {
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
        task.side_effects = first.commands.iter().filter_map(side_effect).collect();
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
            if let Some(difference) = difference(first, again, comparable) {
                scrutiny.suspicions.report(format!(
                    "the code of workflow {workflow_id:?} is not deterministic: run again from the start, on another thread, \
                     its task of event {started} {difference}"
                ));
                return;
            }
        }
    }
}

async fn replayed(
    mut engine: Engine,
    task: &WorkflowTask,
    scrutiny: &Scrutiny,
    workflow_id: &str,
) -> Option<Output> {
    let (task, scrutiny) = (task.clone(), scrutiny.clone());
    let workflow_id = workflow_id.to_owned();
    let (done, output) = oneshot::channel();
    std::thread::spawn(move || {
        let input = Input::Task(Box::new(task));
        scrutiny.trapped(&workflow_id, || engine.handle(input));
        // Nobody waits if the test is over.
        let _ = done.send(engine.poll_output());
    });
    output.await.ok()
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
    first: &Completion,
    second: Option<Output>,
    comparable: fn(&Command) -> Command,
) -> Option<String> {
    let second = match second {
        Some(Output::Completion(completion)) => completion,
        Some(Output::Failed(failed)) => return Some(format!("fails: {}", failed.failure.message)),
        other => return Some(format!("comes to {other:?}")),
    };
    let pairs = first.commands.iter().zip(&second.commands);
    let common = pairs.len();
    let mut pairs = pairs.map(|(first, second)| (comparable(first), comparable(second)));
    if let Some((first, second)) = pairs.find(|(first, second)| first != second) {
        return Some(unlike(&first, &second));
    }
    match (first.commands.get(common), second.commands.get(common)) {
        (Some(first), _) => Some(format!("does not ask for {} any more", text(first))),
        (_, Some(second)) => Some(format!("asks for {} besides", text(second))),
        (None, None) => (first.messages != second.messages).then(|| {
            let ids: Vec<_> = first.messages.iter().map(|it| &it.id[..]).collect();
            format!("answers an update with another value ({})", ids.join(", "))
        }),
    }
}

fn unlike(first: &Command, second: &Command) -> String {
    let (asked, asks) = (text(first), text(second));
    if asked == asks {
        // It is something that the short form does not show.
        return format!("asks for {second:?} instead of {first:?}");
    }
    format!("asks for {asks} instead of {asked}")
}

fn text(command: &Command) -> String {
    match Operation::of_command(command) {
        Some(operation) => operation.to_string(),
        None => format!("{command:?}"),
    }
}
