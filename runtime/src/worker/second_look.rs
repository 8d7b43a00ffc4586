//! In tests: every workflow task is run a second time, from the whole history, on a thread of its own,
//! so with other hash seeds; what comes of it must be the same to the byte.

use mainspring_proto::command::v1::Command;
use mainspring_proto::common::v1::WorkflowExecution;
use mainspring_proto::history::v1::History;
use tokio::sync::oneshot;

use super::Shell;
use crate::engine::{Completion, Engine, Input, Output, WorkflowTask};
use crate::testing::Suspicions;

/// A task to look at again.
pub(super) struct SecondLook {
    task: WorkflowTask,
    suspicions: Suspicions,
}

impl SecondLook {
    /// Notes what a task brings besides its events. None if nobody is suspicious.
    pub(super) fn at(shell: &Shell, task: &WorkflowTask) -> Option<Self> {
        let suspicions = shell.options.suspicions.clone()?;
        let task = WorkflowTask {
            events: Vec::new(),
            started_event_id: task.started_event_id,
            queries: task.queries.clone(),
            query: None,
            messages: task.messages.clone(),
        };
        (task.started_event_id > 0).then_some(Self { task, suspicions })
    }

    /// Runs the task again with a fresh engine, and reports a difference.
    pub(super) async fn take(
        self,
        shell: &Shell,
        engine: Engine,
        execution: &WorkflowExecution,
        first: &Completion,
    ) {
        let Self {
            mut task,
            suspicions,
        } = self;
        if first.force_new_task {
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
        let mut history = History { events };
        if shell
            .client
            .data_converter()
            .decode_all(&mut history)
            .await
            .is_err()
        {
            return;
        }
        task.events = history.events;
        let started = task.started_event_id;
        let second = replayed(engine, task).await;
        if let Some(difference) = difference(&first.commands, second) {
            suspicions.report(format!(
                "workflow {:?} is not deterministic: replayed from scratch, its task that began with event {started} {difference}",
                execution.workflow_id,
            ));
        }
    }
}

async fn replayed(mut engine: Engine, task: WorkflowTask) -> Option<Output> {
    let (done, output) = oneshot::channel();
    std::thread::spawn(move || {
        engine.handle(Input::Task(Box::new(task)));
        // Nobody waits if the test is over.
        let _ = done.send(engine.poll_output());
    });
    output.await.ok()
}

fn difference(first: &[Command], second: Option<Output>) -> Option<String> {
    let second = match second {
        Some(Output::Completion(completion)) => completion.commands,
        Some(Output::Failed(failed)) => return Some(format!("fails: {}", failed.failure.message)),
        other => return Some(format!("comes to {other:?}")),
    };
    let pairs = first.iter().zip(&second);
    if let Some((first, second)) = pairs.clone().find(|(first, second)| first != second) {
        return Some(format!("gives {second:?} instead of {first:?}"));
    }
    (first.len() != second.len())
        .then(|| format!("gives {} commands instead of {}", second.len(), first.len()))
}
