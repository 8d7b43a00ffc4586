//! Polls the code of a run: the run method, its handlers, and what they spawn.
//!
//! 1. All pieces of code are polled in the order in which they began, again and again, until a round in which no leaf
//!    yielded and nothing began: then no code can go on without another event.
//! 2. Leaves never touch the waker. One that is cloned or woken betrays a future that waits for something outside the
//!    workflow, and fails the task.
//! 3. A panic fails the task, never the worker.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use mainspring_proto::history::v1 as history;
use mainspring_proto::update::v1 as update;
use tracing::dispatcher::{Dispatch, with_default};

use super::commands::{Attributes, CommandId};
use super::{Engine, Run, TaskFailure, context};
use crate::activity::BoxFuture;
use crate::converter::Payload;
use crate::error::{Failure, WorkflowError, WorkflowErrorKind};
use crate::workflow::{RunFuture, UnfinishedPolicy, WorkflowInstance};

#[derive(Default)]
pub(super) struct Executor {
    pub(super) instance: Option<WorkflowInstance>,
    tasks: Vec<Task>,
    /// Signals of the task that is being activated.
    pub(super) signals: Vec<history::WorkflowExecutionSignaledEventAttributes>,
    /// What was found ahead before there was a run to tell.
    pub(super) patches_ahead: Vec<String>,
    pub(super) side_effects_ahead: Vec<Payload>,
}

struct Task {
    kind: TaskKind,
    body: Body,
}

pub(super) enum TaskKind {
    Main,
    Signal {
        name: String,
        unfinished: UnfinishedPolicy,
    },
    Update {
        name: String,
        meta: update::Meta,
        unfinished: UnfinishedPolicy,
    },
    Spawned,
}

enum Body {
    Handler(RunFuture),
    Spawned(BoxFuture<'static, ()>),
    Done,
}

/// More rounds than any code needs: one that spins forever on what is ready at once is stopped here.
const MAX_ROUNDS: usize = 100_000;

impl Executor {
    pub(super) fn push(&mut self, kind: TaskKind, future: RunFuture) -> usize {
        if self.tasks.is_empty() {
            // Most runs have but one.
            self.tasks.reserve_exact(1);
        }
        self.tasks.push(Task {
            kind,
            body: Body::Handler(future),
        });
        self.tasks.len() - 1
    }

    pub(super) fn unfinished_handlers(&self) -> Vec<String> {
        let open = self.tasks.iter();
        open.filter(|task| !matches!(task.body, Body::Done))
            .filter_map(|task| match &task.kind {
                TaskKind::Signal { name, unfinished }
                    if *unfinished == UnfinishedPolicy::WarnAndAbandon =>
                {
                    Some(format!("signal `{name}`"))
                }
                TaskKind::Update {
                    name, unfinished, ..
                } if *unfinished == UnfinishedPolicy::WarnAndAbandon => {
                    Some(format!("update `{name}`"))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether a handler still runs.
    pub(super) fn handlers_run(&self) -> bool {
        let mut open = self.tasks.iter();
        open.any(|task| {
            !matches!(task.body, Body::Done)
                && matches!(task.kind, TaskKind::Signal { .. } | TaskKind::Update { .. })
        })
    }
}

impl Engine {
    /// Polls all code until none can go on.
    pub(super) fn run_code(&mut self) -> Result<(), TaskFailure> {
        for _ in 0..MAX_ROUNDS {
            if self.finished {
                return Ok(());
            }
            let Some(run) = &mut self.run else {
                return Ok(());
            };
            run.progress = false;
            run.handlers_run = self.executor.handlers_run();
            let mut index = 0;
            while index < self.executor.tasks.len() {
                self.poll_task(index)?;
                if self.finished {
                    return Ok(());
                }
                self.adopt_spawned();
                index += 1;
            }
            self.executor
                .tasks
                .retain(|task| !matches!(task.body, Body::Done));
            let Some(run) = &self.run else { return Ok(()) };
            if !run.progress {
                return Ok(());
            }
        }
        Err(TaskFailure::code(
            "EndlessLoop",
            "workflow code goes round in circles without waiting for anything: a loop awaits only what is ready at once",
        ))
    }

    /// Polls one piece of code once.
    pub(super) fn poll_task(&mut self, index: usize) -> Result<(), TaskFailure> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        let task = &mut self.executor.tasks[index];
        let yielded = match &mut task.body {
            Body::Done => return Ok(()),
            Body::Handler(future) => poll(run, |cx| future.as_mut().poll(cx))?.map(Some),
            Body::Spawned(future) => poll(run, |cx| future.as_mut().poll(cx))?.map(|()| None),
        };
        let Poll::Ready(yielded) = yielded else {
            return Ok(());
        };
        run.progress = true;
        // Dropping code may cancel what it still waits for, which is to be recorded.
        let body = std::mem::replace(&mut task.body, Body::Done);
        guarded(run, || drop(body))?;
        let kind = std::mem::replace(&mut task.kind, TaskKind::Spawned);
        match (kind, yielded) {
            (_, None) | (TaskKind::Spawned, _) => {}
            (TaskKind::Main, Some(result)) => self.finish(result)?,
            (TaskKind::Signal { .. }, Some(result)) => {
                if let Err(error) = result {
                    self.finish(Err(error))?;
                }
            }
            (TaskKind::Update { meta, .. }, Some(result)) => self.finish_update(meta, result)?,
        }
        Ok(())
    }

    fn adopt_spawned(&mut self) {
        let Some(run) = &mut self.run else { return };
        for future in run.spawned.drain(..) {
            run.progress = true;
            self.executor.tasks.push(Task {
                kind: TaskKind::Spawned,
                body: Body::Spawned(future),
            });
        }
    }

    fn finish_update(
        &mut self,
        meta: update::Meta,
        result: Result<Payload, WorkflowError>,
    ) -> Result<(), TaskFailure> {
        let value = match result.map_err(WorkflowError::into_kind) {
            Ok(payload) => {
                update::outcome::Value::Success(mainspring_proto::common::v1::Payloads {
                    payloads: vec![payload],
                })
            }
            Err(WorkflowErrorKind::Failure(failure)) => {
                update::outcome::Value::Failure(failure.into_proto())
            }
            Err(WorkflowErrorKind::ContinueAsNew(_)) => {
                return Err(TaskFailure::code(
                    "ContinueAsNewInHandler",
                    "an update handler asked to continue as new: only the run method may",
                ));
            }
        };
        if let Some(run) = &mut self.run {
            run.complete_update(meta, update::Outcome { value: Some(value) });
        }
        Ok(())
    }

    /// Ends the run.
    fn finish(&mut self, result: Result<Payload, WorkflowError>) -> Result<(), TaskFailure> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        let (id, attributes) = match result.map_err(WorkflowError::into_kind) {
            Ok(payload) => run.completed(payload),
            Err(WorkflowErrorKind::ContinueAsNew(with)) => run.continued_as_new(with),
            Err(WorkflowErrorKind::Failure(failure)) => run.failed(failure),
        };
        run.command_of_definition(id, attributes);
        self.finished = true;
        Ok(())
    }
}

impl Run {
    fn completed(&self, payload: Payload) -> (CommandId, Attributes) {
        let attributes =
            mainspring_proto::command::v1::CompleteWorkflowExecutionCommandAttributes {
                result: self.encode_result(payload),
            };
        (
            CommandId::Complete,
            Attributes::CompleteWorkflowExecutionCommandAttributes(Box::new(attributes)),
        )
    }

    fn failed(&self, failure: Failure) -> (CommandId, Attributes) {
        if self.is_run_cancelled() && failure.is_cancellation() {
            let details = failure.cancellation_details();
            let attributes =
                mainspring_proto::command::v1::CancelWorkflowExecutionCommandAttributes {
                    details: details.into_proto(),
                };
            return (
                CommandId::Cancel,
                Attributes::CancelWorkflowExecutionCommandAttributes(Box::new(attributes)),
            );
        }
        let attributes = mainspring_proto::command::v1::FailWorkflowExecutionCommandAttributes {
            failure: Some(failure.into_proto()),
        };
        (
            CommandId::Fail,
            Attributes::FailWorkflowExecutionCommandAttributes(Box::new(attributes)),
        )
    }
}

thread_local! {
    /// Set when code touches its waker.
    static FOREIGN: Cell<bool> = const { Cell::new(false) };
}

static WAKER: RawWakerVTable = RawWakerVTable::new(
    |data| {
        FOREIGN.set(true);
        RawWaker::new(data, &WAKER)
    },
    |_| FOREIGN.set(true),
    |_| FOREIGN.set(true),
    |_| {},
);

/// Polls code of a run, with its state as what is current.
fn poll<T>(
    run: &mut Run,
    code: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Result<Poll<T>, TaskFailure> {
    // SAFETY: the table's functions ignore the data pointer, so that none is ever dangling, and are thread-safe.
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &WAKER)) };
    FOREIGN.set(false);
    let polled = guarded(run, || code(&mut Context::from_waker(&waker)))?;
    if FOREIGN.get() {
        return Err(TaskFailure::code(
            "ForeignFuture",
            "workflow code awaited a future that is not durable: it waits for something outside the workflow, which a \
             replay could not reproduce. Do that work in an activity [MS0307]",
        ));
    }
    Ok(polled)
}

/// Runs user code, with the state of its run as what is current; a panic becomes a failure of the task.
pub(super) fn guarded<T>(run: &mut Run, code: impl FnOnce() -> T) -> Result<T, TaskFailure> {
    // A panic leaves the run in an unknown state; the engine breaks it, so that nothing looks at it again.
    let outcome = catch_unwind(AssertUnwindSafe(|| match run.is_replaying() {
        // What code tells of, it has told of when it ran first.
        true => with_default(&Dispatch::none(), || context::enter(run, code)),
        false => context::enter(run, code),
    }));
    outcome.map_err(|panic| {
        TaskFailure::code(
            "Panic",
            format!("workflow code panicked: {}", message_of(&*panic)),
        )
    })
}

/// What a panic says.
pub(crate) fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a value that is no text".to_owned())
}
