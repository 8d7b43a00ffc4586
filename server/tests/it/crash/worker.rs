//! Workers without state: a workflow task is answered from its history alone.
//!
//! A `Mix` runs two activities, of which one fails once, and a timer; then a child; then it
//! continues as new, once, and closes when it has seen all its signals.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mainspring_proto::{
    command::v1::{command::Attributes as Does, *},
    common::v1::{ActivityType, Payloads, RetryPolicy, WorkflowType},
    enums::v1::CommandType,
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{HistoryEvent, history_event::Attributes as Happened},
    prost_types,
    protocol::v1::{Message as ProtocolMessage, message::SequencingId},
    taskqueue::v1::TaskQueue,
    update::v1::{Acceptance, Outcome, Request as UpdateRequest, Response, outcome},
    workflowservice::v1::*,
};
use prost::{Message, Name};

use super::client::{NAMESPACE, Persistent, QUEUE, json};

pub(crate) fn queue() -> Option<TaskQueue> {
    Some(TaskQueue {
        name: QUEUE.into(),
        ..Default::default()
    })
}

/// A long poll as workers make it.
pub(crate) fn poll<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(Duration::from_secs(10));
    request
}

pub(crate) async fn activities(address: String, stop: Arc<AtomicBool>) {
    let mut client = Persistent::new(address);
    while !stop.load(Ordering::Relaxed) {
        let request = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(),
            identity: "worker".into(),
            ..Default::default()
        };
        let task = client.once(async |client| client.poll_activity_task_queue(poll(request)).await);
        let Ok(task) = task.await.map(tonic::Response::into_inner) else {
            continue;
        };
        if task.task_token.is_empty() {
            continue;
        }
        let fails = task.activity_id == "fails-once" && task.attempt == 1;
        // One try: an answer that is lost is made up for by the timeout.
        let _ = client
            .once(async |client| match fails {
                true => client
                    .respond_activity_task_failed(failed(task))
                    .await
                    .map(|_| ()),
                false => client
                    .respond_activity_task_completed(completed(task))
                    .await
                    .map(|_| ()),
            })
            .await;
    }
}

fn failed(task: PollActivityTaskQueueResponse) -> RespondActivityTaskFailedRequest {
    RespondActivityTaskFailedRequest {
        task_token: task.task_token,
        namespace: NAMESPACE.into(),
        identity: "worker".into(),
        failure: Some(Failure {
            message: "not yet".into(),
            failure_info: Some(FailureInfo::ApplicationFailureInfo(
                ApplicationFailureInfo::default(),
            )),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn completed(task: PollActivityTaskQueueResponse) -> RespondActivityTaskCompletedRequest {
    RespondActivityTaskCompletedRequest {
        task_token: task.task_token,
        namespace: NAMESPACE.into(),
        identity: "worker".into(),
        result: Some(json(serde_json::json!([task.activity_id]))),
        ..Default::default()
    }
}

pub(crate) async fn workflows(address: String, stop: Arc<AtomicBool>) {
    let mut client = Persistent::new(address);
    while !stop.load(Ordering::Relaxed) {
        let request = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(),
            identity: "worker".into(),
            ..Default::default()
        };
        let task = client.once(async |client| client.poll_workflow_task_queue(poll(request)).await);
        let Ok(task) = task.await.map(tonic::Response::into_inner) else {
            continue;
        };
        if task.task_token.is_empty() {
            continue;
        }
        let Some(events) = whole_history(&mut client, &task).await else {
            continue;
        };
        let answer = answer(task, &events);
        let _ = client
            .once(async |client| client.respond_workflow_task_completed(answer).await)
            .await;
    }
}

async fn whole_history(
    client: &mut Persistent,
    task: &PollWorkflowTaskQueueResponse,
) -> Option<Vec<HistoryEvent>> {
    let mut events = task.history.clone().unwrap_or_default().events;
    let mut next_page_token = task.next_page_token.clone();
    while !next_page_token.is_empty() {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.into(),
            execution: task.workflow_execution.clone(),
            next_page_token,
            ..Default::default()
        };
        let page = client
            .once(async |client| client.get_workflow_execution_history(request).await)
            .await;
        let page = page.ok()?.into_inner();
        events.extend(page.history.unwrap_or_default().events);
        next_page_token = page.next_page_token;
    }
    Some(events)
}

/// What a history says, as far as the workflows need it.
#[derive(Default)]
struct Seen {
    workflow_type: String,
    input: serde_json::Value,
    scheduled: BTreeSet<String>,
    names: BTreeMap<i64, String>,
    completed: BTreeSet<String>,
    timer_started: bool,
    timer_fired: bool,
    child_started: bool,
    child_completed: bool,
    signals: u64,
}

impl Seen {
    fn of(events: &[HistoryEvent]) -> Self {
        let mut seen = Self::default();
        for event in events {
            match event.attributes.as_ref() {
                Some(Happened::WorkflowExecutionStartedEventAttributes(it)) => {
                    seen.workflow_type = it.workflow_type.clone().unwrap_or_default().name;
                    seen.input = first(it.input.as_ref());
                }
                Some(Happened::ActivityTaskScheduledEventAttributes(it)) => {
                    seen.scheduled.insert(it.activity_id.clone());
                    seen.names.insert(event.event_id, it.activity_id.clone());
                }
                Some(Happened::ActivityTaskCompletedEventAttributes(it)) => {
                    seen.completed
                        .extend(seen.names.get(&it.scheduled_event_id).cloned());
                }
                Some(Happened::TimerStartedEventAttributes(_)) => seen.timer_started = true,
                Some(Happened::TimerFiredEventAttributes(_)) => seen.timer_fired = true,
                Some(Happened::StartChildWorkflowExecutionInitiatedEventAttributes(_)) => {
                    seen.child_started = true;
                }
                Some(Happened::ChildWorkflowExecutionCompletedEventAttributes(_)) => {
                    seen.child_completed = true;
                }
                Some(Happened::WorkflowExecutionSignaledEventAttributes(_)) => seen.signals += 1,
                _ => {}
            }
        }
        seen
    }
}

fn first(payloads: Option<&Payloads>) -> serde_json::Value {
    let payload = payloads.and_then(|payloads| payloads.payloads.first());
    payload
        .and_then(|payload| serde_json::from_slice(&payload.data).ok())
        .unwrap_or_default()
}

fn answer(
    task: PollWorkflowTaskQueueResponse,
    events: &[HistoryEvent],
) -> RespondWorkflowTaskCompletedRequest {
    let seen = Seen::of(events);
    let mut commands = Vec::new();
    let mut messages = Vec::new();
    for message in &task.messages {
        answer_update(message, &mut commands, &mut messages);
    }
    let workflow_id = task
        .workflow_execution
        .clone()
        .unwrap_or_default()
        .workflow_id;
    match seen.workflow_type.as_str() {
        "Mix" => mix(&seen, &workflow_id, &mut commands),
        _ => leaf(&seen, &mut commands),
    }
    RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        namespace: NAMESPACE.into(),
        identity: "worker".into(),
        commands,
        messages,
        ..Default::default()
    }
}

fn mix(seen: &Seen, workflow_id: &str, commands: &mut Vec<Command>) {
    let number = |name: &str| seen.input[name].as_u64().unwrap_or(0);
    let (target, generation) = (number("target"), number("generation"));
    let signals = number("seen") + seen.signals;
    if seen.scheduled.is_empty() {
        commands.push(activity("works"));
        commands.push(activity("fails-once"));
    }
    if !seen.timer_started {
        commands.push(command(
            CommandType::StartTimer,
            Does::StartTimerCommandAttributes(Box::new(StartTimerCommandAttributes {
                timer_id: "timer".into(),
                start_to_fire_timeout: millis(30),
            })),
        ));
    }
    if seen.completed.len() < 2 || !seen.timer_fired {
        return;
    }
    if !seen.child_started {
        let child = StartChildWorkflowExecutionCommandAttributes {
            workflow_id: format!("{workflow_id}-leaf-{generation}"),
            workflow_type: Some(WorkflowType {
                name: "Leaf".into(),
            }),
            task_queue: queue(),
            ..Default::default()
        };
        commands.push(command(
            CommandType::StartChildWorkflowExecution,
            Does::StartChildWorkflowExecutionCommandAttributes(Box::new(child)),
        ));
    }
    if !seen.child_completed {
        return;
    }
    if generation == 0 {
        let input = serde_json::json!([{"target": target, "seen": signals, "generation": 1}]);
        let next = ContinueAsNewWorkflowExecutionCommandAttributes {
            workflow_type: Some(WorkflowType { name: "Mix".into() }),
            task_queue: queue(),
            input: Some(json(input)),
            ..Default::default()
        };
        commands.push(command(
            CommandType::ContinueAsNewWorkflowExecution,
            Does::ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(next)),
        ));
    } else if signals >= target {
        commands.push(complete(signals));
    }
}

fn leaf(seen: &Seen, commands: &mut Vec<Command>) {
    if seen.scheduled.is_empty() {
        commands.push(activity("works"));
    } else if !seen.completed.is_empty() {
        commands.push(complete(0));
    }
}

fn activity(id: &str) -> Command {
    let schedule = ScheduleActivityTaskCommandAttributes {
        activity_id: id.into(),
        activity_type: Some(ActivityType {
            name: "step".into(),
        }),
        task_queue: queue(),
        start_to_close_timeout: millis(2_000),
        retry_policy: Some(RetryPolicy {
            initial_interval: millis(10),
            backoff_coefficient: 1.0,
            ..Default::default()
        }),
        ..Default::default()
    };
    command(
        CommandType::ScheduleActivityTask,
        Does::ScheduleActivityTaskCommandAttributes(Box::new(schedule)),
    )
}

fn complete(result: u64) -> Command {
    command(
        CommandType::CompleteWorkflowExecution,
        Does::CompleteWorkflowExecutionCommandAttributes(Box::new(
            CompleteWorkflowExecutionCommandAttributes {
                result: Some(json(serde_json::json!([result]))),
            },
        )),
    )
}

fn command(command_type: CommandType, attributes: Does) -> Command {
    Command {
        command_type: command_type as i32,
        attributes: Some(attributes),
        ..Default::default()
    }
}

fn millis(millis: i32) -> Option<prost_types::Duration> {
    Some(prost_types::Duration {
        seconds: (millis / 1_000).into(),
        nanos: millis % 1_000 * 1_000_000,
    })
}

/// Accepts and completes an update at once.
fn answer_update(
    message: &ProtocolMessage,
    commands: &mut Vec<Command>,
    messages: &mut Vec<ProtocolMessage>,
) {
    let Some(body) = &message.body else {
        return;
    };
    let Ok(request) = UpdateRequest::decode(body.value.as_slice()) else {
        return;
    };
    let sequenced_after = match message.sequencing_id {
        Some(SequencingId::EventId(id)) => id,
        _ => 0,
    };
    let acceptance = Acceptance {
        accepted_request_message_id: message.id.clone(),
        accepted_request_sequencing_event_id: sequenced_after,
        accepted_request: Some(request.clone()),
    };
    let response = Response {
        meta: request.meta,
        outcome: Some(Outcome {
            value: Some(outcome::Value::Success(json(serde_json::json!([
                "touched"
            ])))),
        }),
    };
    for (suffix, body) in [("accept", any(&acceptance)), ("complete", any(&response))] {
        let id = format!("{}/{suffix}", message.protocol_instance_id);
        messages.push(ProtocolMessage {
            id: id.clone(),
            protocol_instance_id: message.protocol_instance_id.clone(),
            body: Some(body),
            ..Default::default()
        });
        commands.push(command(
            CommandType::ProtocolMessage,
            Does::ProtocolMessageCommandAttributes(Box::new(ProtocolMessageCommandAttributes {
                message_id: id,
            })),
        ));
    }
}

fn any<M: Message + Name>(message: &M) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}
