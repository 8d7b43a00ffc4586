//! Recorded histories against today's code.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use mainspring_proto::enums::v1::WorkflowTaskFailedCause;
use mainspring_proto::history::v1::History;
use mainspring_proto::history::v1::history_event::Attributes;

use super::history_json::{self, HistoryJsonError};
use crate::client::{Client, ClientError, WorkflowHandle};
use crate::converter::DataConverter;
use crate::engine::{Engine, Input, Output, RunIdentity, WorkflowTask};
use crate::error::Failure;
use crate::workflow::{WorkflowDefinition, WorkflowType};

/// Runs workflow code over recorded histories and finds where it would act differently: before a release, over the
/// histories of what runs in production. It is the engine of the worker, without a server.
///
/// Histories of the SDKs for Python, TypeScript, .NET and Ruby number and mark what code asks for as this one does, so that a
/// workflow of theirs can be written anew in Rust, and its runs go on there: this says whether the two are alike. Children
/// must have been given their ids, since those that SDKs make up differ, and so does chance. The SDKs for Go and Java number
/// activities and timers, and mark versions and local activities, in other ways; runs of theirs end where they began.
pub struct Replayer {
    workflows: Vec<Arc<WorkflowDefinition>>,
    converter: DataConverter,
}

/// Why a history cannot be replayed.
#[derive(Debug)]
pub enum ReplayError {
    /// Code and history disagree.
    Nondeterminism(String),
    /// Code failed: it panicked, or awaited what is not durable.
    Failed(Box<Failure>),
    /// This program has no such workflow.
    UnknownWorkflow {
        /// The type that the history is of.
        workflow_type: String,
    },
    /// The history does not begin with the start of a workflow.
    NotAHistory,
    /// The text is no history.
    Json(HistoryJsonError),
    /// The history cannot be fetched.
    Client(ClientError),
    /// The codec failed.
    Codec(crate::converter::CodecError),
}

impl Default for Replayer {
    fn default() -> Self {
        Self::new()
    }
}

impl Replayer {
    /// For every annotated workflow of the program.
    pub fn new() -> Self {
        let found = crate::registry::workflows().into_iter();
        Self {
            workflows: found.map(Arc::new).collect(),
            converter: DataConverter::default(),
        }
    }

    /// Adds a workflow that was defined by hand.
    #[must_use]
    pub fn workflow(mut self, definition: WorkflowDefinition) -> Self {
        self.workflows.insert(0, Arc::new(definition));
        self
    }

    /// How payloads are made.
    #[must_use]
    pub fn data_converter(mut self, converter: DataConverter) -> Self {
        self.converter = converter;
        self
    }

    /// Replays a history.
    ///
    /// # Errors
    /// If code and history disagree, or the code fails.
    pub async fn replay(
        &self,
        history: impl Into<crate::history::History>,
    ) -> Result<(), ReplayError> {
        let history: History = history.into().into_proto();
        self.replay_events(history).await
    }

    async fn replay_events(&self, mut history: History) -> Result<(), ReplayError> {
        let decoded = self.converter.decode_all(&mut history).await;
        decoded.map_err(ReplayError::Codec)?;
        let first = history.events.first().and_then(|it| it.attributes.as_ref());
        let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) = first else {
            return Err(ReplayError::NotAHistory);
        };
        let workflow_type = started.workflow_type.clone().unwrap_or_default().name;
        let named = self.workflows.iter().find(|it| it.name == workflow_type);
        let definition = named.or_else(|| self.workflows.iter().find(|it| it.dynamic));
        let Some(definition) = definition else {
            return Err(ReplayError::UnknownWorkflow { workflow_type });
        };
        let identity = RunIdentity {
            namespace: "default".to_owned(),
            task_queue: started.task_queue.clone().unwrap_or_default().name,
            workflow_id: started.workflow_id.clone(),
            run_id: started.original_execution_run_id.clone(),
        };
        let mut engine = Engine::new(Arc::clone(definition), identity, self.converter.clone());
        engine.handle(Input::Task(Box::new(WorkflowTask {
            events: history.events,
            ..WorkflowTask::default()
        })));
        match engine.poll_output() {
            Output::Failed(failed) => Err(match failed.cause {
                WorkflowTaskFailedCause::NonDeterministicError => {
                    ReplayError::Nondeterminism(failed.failure.message)
                }
                _ => ReplayError::Failed(failed.failure),
            }),
            _ => Ok(()),
        }
    }

    /// Replays a history in JSON, as the CLI, the UI and the SDKs export it.
    ///
    /// # Errors
    /// As [`Self::replay`]; or if the text is no history.
    pub async fn replay_json(&self, json: &str) -> Result<(), ReplayError> {
        let history = history_json::parse(json).map_err(ReplayError::Json)?;
        self.replay(history).await
    }

    /// Replays what a server has of a workflow so far.
    ///
    /// # Errors
    /// As [`Self::replay`]; or if there is no such workflow.
    pub async fn replay_run<M: WorkflowType>(
        &self,
        run: &WorkflowHandle<M>,
    ) -> Result<(), ReplayError> {
        let history = run.history().await.map_err(ReplayError::Client)?;
        self.replay(history).await
    }

    /// Replays all workflows that a query finds; one line of the report for each.
    ///
    /// # Errors
    /// If the query is not one. What fails in a replay is in the report.
    pub async fn replay_query(
        &self,
        client: &Client,
        query: impl Into<String>,
    ) -> Result<Vec<ReplayReport>, ClientError> {
        let mut report = Vec::new();
        let mut found = client.list_workflows(query);
        while let Some(one) = found.next().await? {
            let stub = client.untyped_workflow(one.workflow_type(), one.id());
            let run = stub.run_id(one.run_id()).raw_handle();
            report.push(ReplayReport {
                workflow_id: one.id().to_owned(),
                run_id: one.run_id().to_owned(),
                outcome: self.replay_run(&run).await,
            });
        }
        Ok(report)
    }
}

/// How one replay of many went.
#[derive(Debug)]
pub struct ReplayReport {
    /// The workflow.
    pub workflow_id: String,
    /// The run.
    pub run_id: String,
    /// What came of it.
    pub outcome: Result<(), ReplayError>,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nondeterminism(message) => f.write_str(message),
            Self::Failed(failure) => failure.fmt(f),
            Self::UnknownWorkflow { workflow_type } => {
                write!(f, "this program has no workflow `{workflow_type}`")
            }
            Self::NotAHistory => {
                f.write_str("the history does not begin with WorkflowExecutionStarted")
            }
            Self::Json(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::Codec(error) => error.fmt(f),
        }
    }
}

impl Error for ReplayError {}
