//! The beginning of a run, its signals and its updates.

use std::collections::BTreeMap;
use std::time::SystemTime;

use mainspring_proto::history::v1 as history;
use mainspring_proto::protocol::v1::{Message, message::SequencingId};
use mainspring_proto::update::v1 as update;
use prost::Message as _;

use super::executor::{TaskKind, guarded};
use super::machines::{Asked, update_id};
use super::run::BufferedSignal;
use super::{Engine, Run, TaskFailure, context};
use crate::converter::{ConverterError, DataConverter, EncodedValues, Payload};
use crate::error::{ContinueAsNew, Failure, WorkflowError, WorkflowErrorKind};
use crate::interceptor::{self, Headers, WorkflowCall};
use crate::retry::RetryPolicy;
use crate::time::{duration_from_proto, duration_to_proto};
use crate::workflow::{RunFuture, UpdateHandler, WorkflowInfo};

use super::commands::{Attributes, CommandId};

/// An update to be handled.
#[derive(Debug)]
pub(super) struct UpdateRequest {
    request: update::Request,
    /// What the answer must name.
    message_id: String,
    sequencing_event_id: i64,
    /// Set if history says that it was accepted, so that its validator is not asked again.
    accepted: bool,
}

impl UpdateRequest {
    pub(super) fn from_message(message: Message) -> Option<Self> {
        let body = message.body?;
        let request = update::Request::decode(body.value.as_slice()).ok()?;
        let sequencing_event_id = match message.sequencing_id {
            Some(SequencingId::EventId(id)) => id,
            _ => 0,
        };
        Some(Self {
            request,
            message_id: message.id,
            sequencing_event_id,
            accepted: false,
        })
    }

    pub(super) fn from_history(
        event: &history::WorkflowExecutionUpdateAcceptedEventAttributes,
    ) -> Option<Self> {
        Some(Self {
            request: event.accepted_request.clone()?,
            message_id: event.accepted_request_message_id.clone(),
            sequencing_event_id: event.accepted_request_sequencing_event_id,
            accepted: true,
        })
    }
}

impl Engine {
    pub(super) fn start_run(
        &mut self,
        event: history::WorkflowExecutionStartedEventAttributes,
        time: Option<SystemTime>,
    ) -> Result<(), TaskFailure> {
        let input = event.input.clone().unwrap_or_default().payloads;
        let seed = match event.original_execution_run_id.is_empty() {
            true => self.identity.run_id.clone(),
            false => event.original_execution_run_id.clone(),
        };
        let info = self.info(event, time);
        let around = self.around.clone();
        let (defined_at, converter) = (self.definition.location, self.converter.clone());
        let mut run = Box::new(Run::new(info, defined_at, converter, around, &seed));
        run.now = time.unwrap_or(run.now);
        for id in self.executor.patches_ahead.drain(..) {
            run.on_patch_ahead(id);
        }
        for value in self.executor.side_effects_ahead.drain(..) {
            run.on_side_effect_ahead(value);
        }
        let start = &self.definition.start;
        let info = run.info().clone();
        let started = guarded(&mut run, || {
            let mut started = start(&self.converter, &input)?;
            started.run = self.around.interceptors.workflow(&info, started.run);
            Ok::<_, ConverterError>(started)
        })?;
        self.run = Some(run);
        let started = started.map_err(|error| {
            let name = &self.definition.name;
            TaskFailure::code(
                "Input",
                format!("the input of workflow `{name}` does not decode: {error}"),
            )
        })?;
        self.executor.instance = Some(started.instance);
        self.executor.push(TaskKind::Main, started.run);
        Ok(())
    }

    fn info(
        &self,
        event: history::WorkflowExecutionStartedEventAttributes,
        started: Option<SystemTime>,
    ) -> WorkflowInfo {
        let text = |text: String| (!text.is_empty()).then_some(text);
        WorkflowInfo {
            namespace: self.identity.namespace.clone(),
            task_queue: event
                .task_queue
                .and_then(|it| text(it.name))
                .unwrap_or_else(|| self.identity.task_queue.clone()),
            workflow_type: event.workflow_type.unwrap_or_default().name,
            workflow_id: self.identity.workflow_id.clone(),
            run_id: self.identity.run_id.clone(),
            first_run_id: event.first_execution_run_id,
            continued_run_id: text(event.continued_execution_run_id),
            attempt: u32::try_from(event.attempt).unwrap_or(1).max(1),
            cron_schedule: text(event.cron_schedule),
            started,
            execution_timeout: event.workflow_execution_timeout.map(duration_from_proto),
            run_timeout: event.workflow_run_timeout.map(duration_from_proto),
            task_timeout: event.workflow_task_timeout.map(duration_from_proto),
            retry: event.retry_policy.map(RetryPolicy::from_proto),
            parent: event
                .parent_workflow_execution
                .filter(|it| !it.workflow_id.is_empty())
                .map(|it| (event.parent_workflow_namespace, it.workflow_id, it.run_id)),
            root: event
                .root_workflow_execution
                .filter(|it| !it.workflow_id.is_empty())
                .map(|it| (it.workflow_id, it.run_id)),
            headers: event.header.unwrap_or_default().fields,
            last_result: EncodedValues::from(event.last_completion_result),
            last_failure: event.continued_failure.map(Failure::from_proto),
            memo: event.memo.unwrap_or_default().fields,
            search_attributes: event.search_attributes.unwrap_or_default().indexed_fields,
        }
    }

    /// Begins the handlers of the signals and updates that came with a task, each up to its first await.
    pub(super) fn start_handlers(&mut self) -> Result<(), TaskFailure> {
        for signal in std::mem::take(&mut self.executor.signals) {
            self.start_signal(signal)?;
        }
        for request in std::mem::take(&mut self.requests) {
            self.start_update(request)?;
        }
        Ok(())
    }

    fn start_signal(
        &mut self,
        signal: history::WorkflowExecutionSignaledEventAttributes,
    ) -> Result<(), TaskFailure> {
        let (Some(run), Some(instance)) = (&mut self.run, &self.executor.instance) else {
            return Ok(());
        };
        let name = signal.signal_name;
        let payloads = signal.input.unwrap_or_default().payloads;
        run.progress = true;
        let handlers = &self.definition;
        let handler = handlers.signals.get(name.as_str());
        let handler = handler.or(handlers.dynamic_signal.as_ref());
        let unfinished = handler.map(|it| it.info.unfinished).unwrap_or_default();
        let headers = signal.header.unwrap_or_default().fields;
        let info = run.info_for_interceptors();
        let future = guarded(run, || {
            let body = match handler {
                Some(handler) => (handler.run)(instance, &self.converter, &name, &payloads)?,
                None => buffer(&name, &payloads),
            };
            let message = message(&name, "", &payloads, &headers);
            Ok::<_, ConverterError>(match &info {
                Some(info) => self.around.interceptors.signal(info, &message, body),
                None => body,
            })
        })?;
        let future = match future {
            Ok(future) => future,
            Err(error) => {
                // As in the other SDKs: a sender's mistake must not stop the workflow.
                tracing::warn!(signal = name, %error, "dropped a signal whose arguments do not decode");
                return Ok(());
            }
        };
        let index = self
            .executor
            .push(TaskKind::Signal { name, unfinished }, future);
        self.poll_task(index)
    }

    fn start_update(&mut self, request: UpdateRequest) -> Result<(), TaskFailure> {
        let (Some(run), Some(instance)) = (&mut self.run, self.executor.instance.clone()) else {
            return Ok(());
        };
        let UpdateRequest {
            request,
            message_id,
            sequencing_event_id,
            accepted,
        } = request;
        let asked = Asked {
            message_id,
            sequencing_event_id,
        };
        run.progress = true;
        let input = request.input.clone().unwrap_or_default();
        let name = input.name;
        let payloads = input.args.unwrap_or_default().payloads;
        let headers = input.header.unwrap_or_default().fields;
        let id = update_id(&request);
        let message = message(&name, &id, &payloads, &headers);
        let info = run.info_for_interceptors();
        let handlers = &self.definition;
        let handler = handlers.updates.get(name.as_str());
        let Some(handler) = handler.or(handlers.dynamic_update.as_ref()) else {
            let known: Vec<&str> = handlers.updates.keys().copied().collect();
            let failure = Failure::application(
                "UnknownUpdate",
                format!(
                    "workflow `{}` has no update `{name}`; it has {}",
                    handlers.name,
                    list(&known)
                ),
            );
            run.reject_update(&request, &asked, failure.into_proto());
            return Ok(());
        };
        if !accepted {
            run.read_only = Some("an update's validator");
            let checked = guarded(run, || {
                let check = || handler.check(&instance, &self.converter, &name, &payloads);
                match &info {
                    Some(info) => {
                        (self.around.interceptors).validate(info, &message, Box::new(check))
                    }
                    None => check(),
                }
            });
            run.read_only = None;
            if let Err(failure) = refusal(checked) {
                run.reject_update(&request, &asked, failure.into_proto());
                return Ok(());
            }
        }
        let future = guarded(run, || {
            let body = (handler.run)(&instance, &self.converter, &name, &payloads)?;
            Ok::<_, ConverterError>(match &info {
                Some(info) => self.around.interceptors.update(info, &message, body),
                None => body,
            })
        })?;
        let future = match future {
            Ok(future) => future,
            Err(error) => {
                let failure = Failure::application(
                    "Arguments",
                    format!("the arguments of update `{name}` do not decode: {error}"),
                );
                run.reject_update(&request, &asked, failure.into_proto());
                return Ok(());
            }
        };
        run.accept_update(&request, &asked);
        run.updates.running.insert(id.clone(), name.clone());
        let kind = TaskKind::Update {
            name,
            meta: request.meta.unwrap_or_default(),
            unfinished: handler.info.unfinished,
        };
        let index = self.executor.push(kind, future);
        self.poll_task(index)
    }
}

/// The handler of signals that have none: keeps one for whoever asks for it.
fn buffer(name: &str, payloads: &[Payload]) -> RunFuture {
    let (name, payloads) = (name.to_owned(), payloads.to_vec());
    Box::pin(async move {
        context::with("a signal", |run| {
            let waiting = run.buffered_signals.entry(name).or_default();
            waiting.push(BufferedSignal { payloads });
        });
        Ok(DataConverter::default().to_payload(&())?)
    })
}

fn message<'a>(
    name: &'a str,
    id: &'a str,
    input: &'a [Payload],
    headers: &'a Headers,
) -> interceptor::Message<'a> {
    interceptor::Message {
        name,
        id,
        input,
        headers,
    }
}

/// A validator that refuses, or panics, rejects the update; it never fails the task.
fn refusal(checked: Result<Result<(), WorkflowError>, TaskFailure>) -> Result<(), Box<Failure>> {
    match checked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(match error.into_kind() {
            WorkflowErrorKind::Failure(failure) => Box::new(failure),
            WorkflowErrorKind::ContinueAsNew(_) => Box::new(Failure::application(
                "ContinueAsNewInHandler",
                "an update's validator asked to continue as new: only the run method may",
            )),
        }),
        Err(failure) => Err(failure.failure),
    }
}

/// Names for a message.
pub(super) fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl UpdateHandler {
    fn check(
        &self,
        instance: &crate::workflow::WorkflowInstance,
        converter: &crate::converter::DataConverter,
        name: &str,
        payloads: &[Payload],
    ) -> Result<(), WorkflowError> {
        match &self.validator {
            Some(validator) => validator(instance, converter, name, payloads),
            None => Ok(()),
        }
    }
}

impl Run {
    pub(super) fn continued_as_new(&self, with: ContinueAsNew) -> (CommandId, Attributes) {
        use mainspring_proto::common::v1 as common;
        let info = self.info();
        let name = with
            .workflow_type
            .unwrap_or_else(|| info.workflow_type.clone());
        let task_queue = with.task_queue.unwrap_or_else(|| info.task_queue.clone());
        // What is not replaced goes on as it is now; the server would drop it.
        let or = |given: BTreeMap<_, _>, now: &BTreeMap<_, _>| match given.is_empty() {
            true => now.clone(),
            false => given,
        };
        let headers = info.headers.clone().into_iter().collect();
        let sent = self.sent(&WorkflowCall::ContinueAsNew, headers, with.input);
        let (header, input) = sent.into_message();
        let memo = or(with.memo, &info.memo);
        let indexed_fields = or(with.search_attributes, &info.search_attributes);
        let attributes =
            mainspring_proto::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes {
                workflow_type: Some(common::WorkflowType { name }),
                task_queue: Some(mainspring_proto::taskqueue::v1::TaskQueue {
                    name: task_queue,
                    ..Default::default()
                }),
                input,
                workflow_run_timeout: with.run_timeout.map(duration_to_proto),
                workflow_task_timeout: with.task_timeout.map(duration_to_proto),
                retry_policy: with
                    .retry
                    .as_ref()
                    .or(info.retry.as_ref())
                    .map(RetryPolicy::to_proto),
                header,
                memo: (!memo.is_empty()).then_some(common::Memo { fields: memo }),
                search_attributes: (!indexed_fields.is_empty())
                    .then_some(common::SearchAttributes { indexed_fields }),
                ..Default::default()
            };
        (
            CommandId::ContinueAsNew,
            Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(Box::new(attributes)),
        )
    }
}
