//! Queries: those of the workflow, and those that every workflow answers.

use mainspring_proto::enums::v1::QueryResultType;
use mainspring_proto::query::v1::{WorkflowQuery, WorkflowQueryResult};
use serde::Serialize;

use super::executor::guarded;
use super::handlers::list;
use super::{Engine, Run, TaskFailure};
use crate::converter::{DataConverter, Payload};
use crate::error::{Failure, WorkflowErrorKind};
use crate::interceptor::Message;

const STACK_TRACE: &str = "__stack_trace";
const METADATA: &str = "__temporal_workflow_metadata";

/// What the UI shows of a workflow and its handlers, in the JSON form of the protocol's message.
#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    definition: Definition,
    current_details: String,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    r#type: String,
    query_definitions: Vec<Interaction>,
    signal_definitions: Vec<Interaction>,
    update_definitions: Vec<Interaction>,
}

#[derive(Serialize, serde::Deserialize)]
struct Interaction {
    name: String,
    description: String,
}

impl Engine {
    /// Answers a query. It never fails the task.
    pub(super) fn query(&mut self, query: &WorkflowQuery) -> WorkflowQueryResult {
        match self.try_query(query) {
            Ok(payload) => WorkflowQueryResult {
                result_type: QueryResultType::Answered as i32,
                answer: Some(mainspring_proto::common::v1::Payloads {
                    payloads: vec![payload],
                }),
                ..Default::default()
            },
            Err(failure) => WorkflowQueryResult {
                result_type: QueryResultType::Failed as i32,
                error_message: failure.message.clone(),
                failure: Some(failure.into_proto()),
                ..Default::default()
            },
        }
    }

    fn try_query(&mut self, query: &WorkflowQuery) -> Result<Payload, Box<Failure>> {
        let name = query.query_type.as_str();
        let (Some(run), Some(instance)) = (&mut self.run, &self.executor.instance) else {
            return Err(Box::new(Failure::application(
                "NotStarted",
                "the workflow has not started yet",
            )));
        };
        let handlers = &self.definition;
        let handler = handlers.queries.get(name);
        if handler.is_none() && name == STACK_TRACE {
            return Ok(encoded(&run.stack_trace()));
        }
        if handler.is_none() && name == METADATA {
            return Ok(encoded(&metadata(handlers, &run.current_details)));
        }
        let Some(handler) = handler.or(handlers.dynamic_query.as_ref()) else {
            let mut known: Vec<&str> = handlers.queries.keys().copied().collect();
            known.extend([STACK_TRACE, METADATA]);
            return Err(Box::new(Failure::application(
                "UnknownQuery",
                format!(
                    "workflow `{}` has no query `{name}`; it has {}",
                    handlers.name,
                    list(&known)
                ),
            )));
        };
        let args = query.query_args.clone().unwrap_or_default().payloads;
        let headers = query.header.clone().unwrap_or_default().fields;
        let message = Message {
            name,
            id: "",
            input: &args,
            headers: &headers,
        };
        let info = run.info_for_interceptors();
        run.read_only = Some("a query");
        let answer = guarded(run, || {
            let answer = || (handler.run)(instance, &self.converter, name, &args);
            match &info {
                Some(info) => (self.around.interceptors).query(info, &message, Box::new(answer)),
                None => answer(),
            }
        });
        run.read_only = None;
        match answer {
            Ok(Ok(payload)) => Ok(payload),
            Ok(Err(error)) => Err(match error.into_kind() {
                WorkflowErrorKind::Failure(failure) => Box::new(failure),
                WorkflowErrorKind::ContinueAsNew(_) => Box::new(Failure::application(
                    "ContinueAsNewInHandler",
                    "a query asked to continue as new: only the run method may",
                )),
            }),
            Err(TaskFailure { failure, .. }) => Err(failure),
        }
    }
}

impl Run {
    /// What the code waits for, and where. Rust has no stacks of suspended code; this is what one looks for in them.
    fn stack_trace(&self) -> String {
        let waiting = self
            .waiting_activities()
            .chain(self.waiting_local_activities())
            .chain(self.waiting_timers())
            .chain(self.waiting_children())
            .chain(self.waiting_signals())
            .chain(self.waiting_cancels());
        let waiting: Vec<String> = waiting.map(|line| format!("  {line}")).collect();
        if waiting.is_empty() {
            return "waiting for a signal, an update or a condition".to_owned();
        }
        format!("waiting for\n{}", waiting.join("\n"))
    }
}

fn metadata(definition: &crate::workflow::WorkflowDefinition, details: &str) -> Metadata {
    let interaction = |name: &str, description: &str| Interaction {
        name: name.to_owned(),
        description: description.to_owned(),
    };
    let signals = definition.signals.values();
    let queries = definition.queries.values();
    let updates = definition.updates.values();
    Metadata {
        definition: Definition {
            r#type: definition.name.clone(),
            signal_definitions: signals
                .map(|it| interaction(it.info.name, it.info.doc))
                .collect(),
            query_definitions: queries
                .map(|it| interaction(it.info.name, it.info.doc))
                .chain([
                    interaction(STACK_TRACE, "What the workflow waits for."),
                    interaction(METADATA, "The workflow's handlers."),
                ])
                .collect(),
            update_definitions: updates
                .map(|it| interaction(it.info.name, it.info.doc))
                .collect(),
        },
        current_details: match details.is_empty() {
            true => definition.doc.to_owned(),
            false => details.to_owned(),
        },
    }
}

fn encoded<T: crate::converter::Value>(value: &T) -> Payload {
    DataConverter::default()
        .to_payload(value)
        .expect("texts and lists of texts are JSON")
}
