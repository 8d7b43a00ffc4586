//! One run of a workflow, pure: history in, commands out. No clock, IO, task or channel is used here.
//!
//! The shell feeds [`Engine::handle`] and then drains [`Engine::poll_output`] until it says [`Output::Idle`]; only
//! then may it feed again. Time comes from the events; random numbers from the run's id.
//!
//! How a workflow task is replayed is told in `replay`; how code is polled, in `executor`; what the code's operations
//! wait for, in `machines`.

pub(crate) mod commands;
pub(crate) mod context;
mod events;
mod executor;
mod handlers;
pub(crate) mod machines;
mod nondeterminism;
#[cfg(feature = "testing")]
pub(crate) mod operation;
mod queries;
mod random;
mod replay;
pub(crate) mod run;
mod surroundings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use mainspring_proto::command::v1::Command;
use mainspring_proto::enums::v1::WorkflowTaskFailedCause;
use mainspring_proto::history::v1::HistoryEvent;
use mainspring_proto::protocol::v1::Message;
use mainspring_proto::query::v1::{WorkflowQuery, WorkflowQueryResult};

#[cfg(feature = "testing")]
pub(crate) use machines::local_activity::{LocalCall, result_in as local_result};
pub use machines::{LocalActivityResult, LocalActivityTask};
pub use nondeterminism::Nondeterminism;
pub use random::Random;
pub use run::Run;
pub(crate) use surroundings::{CaughtUp, Progress, Surroundings};

use crate::converter::{DataConverter, Payload};
use crate::error::Failure;
use crate::workflow::{VersioningBehavior, WorkflowDefinition};
use executor::Executor;
pub(crate) use executor::message_of;

/// One run of a workflow.
pub struct Engine {
    definition: Arc<WorkflowDefinition>,
    identity: RunIdentity,
    converter: DataConverter,
    around: Surroundings,
    /// Set by the first event.
    run: Option<Box<Run>>,
    executor: Executor,
    /// Events that came but belong to no activation yet.
    incoming: VecDeque<HistoryEvent>,
    /// The last event that came.
    last_event_id: i64,
    /// Set from a completed task until the first event that is no answer to one of its commands.
    matching: bool,
    /// Updates to be handled when the task is activated.
    requests: Vec<handlers::UpdateRequest>,
    /// The present task, until it is answered.
    task: Option<OpenTask>,
    outputs: VecDeque<Output>,
    /// Set once the run cannot go on: history and code disagree, or code panicked.
    broken: bool,
    /// Set once the code has ended.
    finished: bool,
    /// Whether what the code asks for must be what history has to the byte, not only in kind and name.
    #[cfg(feature = "testing")]
    strict: bool,
}

/// Which run it is, for what code may ask.
#[derive(Clone, Debug, Default)]
pub struct RunIdentity {
    /// The namespace.
    pub namespace: String,
    /// The task queue of the worker.
    pub task_queue: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id.
    pub run_id: String,
}

/// What the world tells a run.
#[derive(Debug)]
pub enum Input {
    /// When the server hands out a workflow task, or a query.
    Task(Box<WorkflowTask>),
    /// When a local activity has ended.
    LocalActivity(Box<LocalActivityResult>),
    /// When the task must be answered although local activities still run, so that it does not time out.
    Heartbeat,
}

/// A workflow task.
#[derive(Clone, Debug, Default)]
pub struct WorkflowTask {
    /// The events that the engine does not have yet.
    pub events: Vec<HistoryEvent>,
    /// The event that started the task; 0 if it only asks a query, or replays a recorded history.
    pub started_event_id: i64,
    /// Queries to be answered with the task.
    pub queries: BTreeMap<String, WorkflowQuery>,
    /// A query that is the whole task.
    pub query: Option<WorkflowQuery>,
    /// Updates.
    pub messages: Vec<Message>,
    /// The values of the task's side effects, if it ran before: they take the place of what would be computed anew.
    pub side_effects: Vec<Payload>,
    /// The ends of its local activities, if it ran before, in their order: they are not run again.
    pub local_activities: Vec<LocalActivityResult>,
}

#[derive(Debug, Default)]
struct OpenTask {
    started_event_id: i64,
    queries: BTreeMap<String, WorkflowQuery>,
    query: Option<WorkflowQuery>,
}

/// What a run wants of the world.
#[derive(Debug)]
pub enum Output {
    /// When code calls a local activity that history does not know.
    StartLocalActivity(Box<LocalActivityTask>),
    /// When code cancels a local activity that runs.
    CancelLocalActivity(u32),
    /// When a task is done: what to answer.
    Completion(Box<Completion>),
    /// When a query that is a whole task is done.
    QueryAnswer(Box<WorkflowQueryResult>),
    /// When the task cannot be done. The run must be dropped.
    Failed(Box<TaskFailure>),
    /// When there is nothing more to say until the next input.
    Idle,
}

/// The answer to a workflow task.
#[derive(Debug, Default)]
pub struct Completion {
    /// What the code asks for, in its order.
    pub commands: Vec<Command>,
    /// Answers to updates.
    pub messages: Vec<Message>,
    /// Answers to queries.
    pub query_results: BTreeMap<String, WorkflowQueryResult>,
    /// Set if local activities still run, so that another task is needed for their results.
    pub force_new_task: bool,
    /// How the run moves between versions of its worker.
    pub versioning: VersioningBehavior,
    /// Set if the code has ended, so that the run need not be kept.
    pub finished: bool,
}

/// Why a task cannot be done.
#[derive(Debug)]
pub struct TaskFailure {
    /// The cause, as the server counts it.
    pub cause: WorkflowTaskFailedCause,
    /// What happened.
    pub failure: Box<Failure>,
}

impl Engine {
    /// A run that has seen no event yet.
    pub fn new(
        definition: Arc<WorkflowDefinition>,
        identity: RunIdentity,
        converter: DataConverter,
    ) -> Self {
        Self {
            definition,
            identity,
            converter,
            around: Surroundings::default(),
            run: None,
            executor: Executor::default(),
            incoming: VecDeque::new(),
            last_event_id: 0,
            matching: false,
            requests: Vec::new(),
            task: None,
            outputs: VecDeque::new(),
            broken: false,
            finished: false,
            #[cfg(feature = "testing")]
            strict: false,
        }
    }

    /// With what is around its code. Set before the first input.
    pub(crate) fn with_surroundings(mut self, around: Surroundings) -> Self {
        self.around = around;
        self
    }

    /// Where its code has last come by, while it is polled.
    pub(crate) fn progress(&self) -> Progress {
        self.around.progress.clone()
    }

    /// Where its code is.
    pub(crate) fn location(&self) -> crate::registry::Location {
        self.definition.location
    }

    /// The same run, without what it has seen and without effects on what is around it, for a second look at it: what the
    /// code asks for must be what history has to the byte.
    #[cfg(feature = "testing")]
    pub(crate) fn anew(&self) -> Self {
        let mut engine = Self::new(
            Arc::clone(&self.definition),
            self.identity.clone(),
            self.converter.clone(),
        )
        .with_surroundings(Surroundings {
            progress: Progress::default(),
            caught_up: CaughtUp::default(),
            silent: true,
            ..self.around.clone()
        });
        engine.strict = true;
        engine
    }

    /// The calls of local activities so far.
    #[cfg(feature = "testing")]
    pub(crate) fn local_calls(&self) -> Vec<LocalCall> {
        let run = self.run.as_ref();
        run.map(|run| run.local_calls()).unwrap_or_default()
    }

    /// Takes an input. Drain [`Self::poll_output`] after each.
    pub fn handle(&mut self, input: Input) {
        if self.broken {
            return;
        }
        let handled = match input {
            Input::Task(task) => self.handle_task(*task),
            Input::LocalActivity(result) => self.handle_local_activity(*result),
            Input::Heartbeat => {
                self.complete(true);
                Ok(())
            }
        };
        if let Err(failure) = handled {
            self.fail(failure);
        }
    }

    /// What the run wants next; [`Output::Idle`] if it needs an input first.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle)
    }

    /// The last event that the run knows; the next task must continue from there.
    pub fn last_event_id(&self) -> i64 {
        self.last_event_id
    }

    /// Forgets events that the server has withdrawn, as it does with those of a task that only rejected updates.
    pub fn rewind_to(&mut self, event_id: i64) {
        self.last_event_id = event_id;
        self.matching = false;
    }

    /// Whether the code has ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the run is good for another task.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The longest that a workflow task of this run may take, once its first event is known.
    pub fn task_timeout(&self) -> Option<std::time::Duration> {
        self.run.as_ref()?.info().task_timeout
    }

    /// From its start to its last task, by the workflow's clock.
    pub fn age(&self) -> std::time::Duration {
        let run = self.run.as_ref();
        let age = run.and_then(|run| run.now().duration_since(run.info().started?).ok());
        age.unwrap_or_default()
    }

    /// How many pieces of code of this run were not done when it ended, by what they handle.
    pub fn unfinished_handlers(&self) -> Vec<String> {
        self.executor.unfinished_handlers()
    }

    fn fail(&mut self, failure: TaskFailure) {
        self.broken = true;
        self.task = None;
        self.outputs.clear();
        self.outputs.push_back(Output::Failed(Box::new(failure)));
    }
}

impl TaskFailure {
    pub(crate) fn nondeterminism(error: &Nondeterminism) -> Self {
        Self {
            cause: WorkflowTaskFailedCause::NonDeterministicError,
            failure: Box::new(Failure::application("Nondeterminism", error.to_string())),
        }
    }

    pub(crate) fn code(error_type: &str, message: impl Into<String>) -> Self {
        Self {
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure,
            failure: Box::new(Failure::application(error_type, message)),
        }
    }
}

impl From<Nondeterminism> for TaskFailure {
    fn from(error: Nondeterminism) -> Self {
        Self::nondeterminism(&error)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("identity", &self.identity)
            .field("last_event_id", &self.last_event_id)
            .field("finished", &self.finished)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}
