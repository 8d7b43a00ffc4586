//! The engine by data: a history goes in, the exact commands come out.

mod history;
mod operations;
mod replay;

use std::sync::Arc;

use mainspring_proto::command::v1::Command;
use mainspring_proto::command::v1::command::Attributes;
use mainspring_proto::history::v1::HistoryEvent;

use super::{Completion, Engine, Input, Output, RunIdentity, TaskFailure, WorkflowTask};
use crate::converter::{DataConverter, Payload, Value};
use crate::durable::durable;
use crate::error::Result;
use crate::workflow::WorkflowDefinition;

/// A workflow of one function without arguments.
fn workflow<R, F, Fut>(body: F) -> Arc<WorkflowDefinition>
where
    R: Value,
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R>> + Send + 'static,
{
    let definition = WorkflowDefinition::builder::<(), ()>("test", crate::location!());
    let definition = definition.init_default().run(move |_, ()| durable(body()));
    Arc::new(definition.build())
}

fn engine(definition: &Arc<WorkflowDefinition>) -> Engine {
    let identity = RunIdentity {
        namespace: "default".to_owned(),
        task_queue: "queue".to_owned(),
        workflow_id: "id".to_owned(),
        run_id: "run".to_owned(),
    };
    Engine::new(Arc::clone(definition), identity, DataConverter::default())
}

/// Feeds a task whose last event starts it.
fn feed(
    engine: &mut Engine,
    events: Vec<HistoryEvent>,
) -> std::result::Result<Completion, TaskFailure> {
    let started_event_id = events.last().expect("a task has events").event_id;
    engine.handle(Input::Task(Box::new(WorkflowTask {
        events,
        started_event_id,
        ..WorkflowTask::default()
    })));
    match engine.poll_output() {
        Output::Completion(completion) => Ok(*completion),
        Output::Failed(failure) => Err(*failure),
        other => panic!("expected the answer to the task, found {other:?}"),
    }
}

/// The commands that a workflow answers a history with.
#[track_caller]
fn check(definition: &Arc<WorkflowDefinition>, events: Vec<HistoryEvent>, expected: &[&str]) {
    let completion = feed(&mut engine(definition), events).expect("the task succeeds");
    let found: Vec<String> = completion.commands.iter().map(describe).collect();
    assert_eq!(found, expected);
}

/// The message of the failure that a workflow answers a history with.
#[track_caller]
fn check_failure(definition: &Arc<WorkflowDefinition>, events: Vec<HistoryEvent>, expected: &str) {
    let failure = feed(&mut engine(definition), events).expect_err("the task fails");
    assert_eq!(failure.failure.message, expected);
}

/// A command in one line.
fn describe(command: &Command) -> String {
    use Attributes as A;
    let name = |it: Option<&str>| it.unwrap_or_default().to_owned();
    match command
        .attributes
        .as_ref()
        .expect("a command has attributes")
    {
        A::ScheduleActivityTaskCommandAttributes(it) => format!(
            "activity {} {}({})",
            it.activity_id,
            name(it.activity_type.as_ref().map(|it| it.name.as_str())),
            texts(it.input.as_ref().map_or(&[], |it| &it.payloads))
        ),
        A::RequestCancelActivityTaskCommandAttributes(it) => {
            format!("cancel activity of event {}", it.scheduled_event_id)
        }
        A::StartTimerCommandAttributes(it) => {
            let after = it.start_to_fire_timeout.unwrap_or_default();
            format!("timer {} {}s", it.timer_id, after.seconds)
        }
        A::CancelTimerCommandAttributes(it) => format!("cancel timer {}", it.timer_id),
        A::StartChildWorkflowExecutionCommandAttributes(it) => format!(
            "child {} {}",
            it.workflow_id,
            name(it.workflow_type.as_ref().map(|it| it.name.as_str()))
        ),
        A::RequestCancelExternalWorkflowExecutionCommandAttributes(it) => {
            format!("cancel workflow {}", it.workflow_id)
        }
        A::SignalExternalWorkflowExecutionCommandAttributes(it) => format!(
            "signal {} to {}",
            it.signal_name,
            name(it.execution.as_ref().map(|it| it.workflow_id.as_str()))
        ),
        A::RecordMarkerCommandAttributes(it) => format!("marker {}", it.marker_name),
        A::CompleteWorkflowExecutionCommandAttributes(it) => format!(
            "complete {}",
            texts(it.result.as_ref().map_or(&[], |it| &it.payloads))
        ),
        A::FailWorkflowExecutionCommandAttributes(it) => format!(
            "fail {}",
            name(it.failure.as_ref().map(|it| it.message.as_str()))
        ),
        A::CancelWorkflowExecutionCommandAttributes(_) => "cancelled".to_owned(),
        A::ContinueAsNewWorkflowExecutionCommandAttributes(it) => format!(
            "continue as {}({})",
            name(it.workflow_type.as_ref().map(|it| it.name.as_str())),
            texts(it.input.as_ref().map_or(&[], |it| &it.payloads))
        ),
        A::UpsertWorkflowSearchAttributesCommandAttributes(_) => "upsert attributes".to_owned(),
        A::ModifyWorkflowPropertiesCommandAttributes(_) => "upsert memo".to_owned(),
        A::ProtocolMessageCommandAttributes(it) => format!("message {}", it.message_id),
        other => panic!("unexpected command {other:?}"),
    }
}

fn texts(payloads: &[Payload]) -> String {
    let texts = payloads.iter();
    let texts: Vec<_> = texts.map(|it| String::from_utf8_lossy(&it.data)).collect();
    texts.join(", ")
}
