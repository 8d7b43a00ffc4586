//! Child workflows.

use std::collections::BTreeMap;
use std::panic::Location;
use std::task::Poll;

use mainspring_proto::command::v1 as command;
use mainspring_proto::common::v1 as common;
use mainspring_proto::enums::v1 as enums;
use mainspring_proto::failure::v1 as failure;
use mainspring_proto::history::v1 as history;
use mainspring_proto::taskqueue::v1::TaskQueue;

use super::{Seq, Table};
use crate::converter::Payload;
use crate::engine::Run;
use crate::engine::commands::{Attributes, CommandId};
use crate::engine::nondeterminism::Mismatch;
use crate::engine::run::ScopeId;
use crate::error::{ChildFailure, Failure};
use crate::interceptor::WorkflowCall;
use crate::time::duration_to_proto;
use crate::workflow::{ChildCancellationType, ChildOptions, not_started};

/// A child that workflow code asks for.
pub(crate) struct ChildRequest {
    pub(crate) name: String,
    pub(crate) input: Vec<Payload>,
    pub(crate) options: ChildOptions,
    pub(crate) at: &'static Location<'static>,
}

#[derive(Debug, Default)]
pub(crate) struct Children {
    table: Table<Child>,
    /// Which child a cancellation is for, by the event that recorded it.
    cancels: BTreeMap<i64, Seq>,
}

#[derive(Debug)]
struct Child {
    namespace: String,
    workflow_id: String,
    workflow_type: String,
    cancellation: ChildCancellationType,
    scope: ScopeId,
    at: &'static Location<'static>,
    state: State,
    run_id: String,
    initiated_event_id: i64,
    started_event_id: i64,
    start: Option<Result<(), ChildFailure>>,
    outcome: Option<Result<Payload, ChildFailure>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The command has met no event yet.
    Requested,
    Initiated,
    Started,
    Closed,
}

impl Run {
    pub(crate) fn start_child(&mut self, request: ChildRequest) -> Seq {
        let ChildRequest {
            name,
            input,
            options,
            at,
        } = request;
        self.assert_may_command("a child workflow");
        let scope = self.scope();
        let seq = self.children.table.next_seq();
        // As the other SDKs do it: unique, and the same on every replay of this run.
        let workflow_id = options
            .id
            .unwrap_or_else(|| format!("{}_{seq}", self.info().run_id));
        let cancelled = self.is_cancelled(scope);
        let namespace = options
            .namespace
            .unwrap_or_else(|| self.info().namespace.clone());
        self.children.table.push(Child {
            namespace: namespace.clone(),
            workflow_id: workflow_id.clone(),
            workflow_type: name.clone(),
            cancellation: options.cancellation,
            scope,
            at,
            state: State::Requested,
            run_id: String::new(),
            initiated_event_id: 0,
            started_event_id: 0,
            start: None,
            outcome: None,
        });
        if cancelled {
            self.children.table.get(seq).close_as_cancelled();
            return seq;
        }
        let call = WorkflowCall::Child {
            workflow_type: &name,
            workflow_id: &workflow_id,
        };
        let (header, input) = self.sent(&call, options.headers, input).into_message();
        #[allow(deprecated)]
        let attributes = command::StartChildWorkflowExecutionCommandAttributes {
            namespace,
            workflow_id,
            workflow_type: Some(common::WorkflowType { name }),
            task_queue: Some(TaskQueue {
                name: options
                    .task_queue
                    .unwrap_or_else(|| self.info().task_queue.clone()),
                ..TaskQueue::default()
            }),
            header,
            input,
            workflow_execution_timeout: options.execution_timeout.map(duration_to_proto),
            workflow_run_timeout: options.run_timeout.map(duration_to_proto),
            workflow_task_timeout: options.task_timeout.map(duration_to_proto),
            parent_close_policy: options.parent_close.into_proto(),
            workflow_id_reuse_policy: options.id_reuse.into_proto(),
            retry_policy: options.retry.map(|it| it.to_proto()),
            cron_schedule: options.cron,
            memo: (!options.memo.is_empty()).then_some(common::Memo {
                fields: options.memo,
            }),
            search_attributes: options.search_attributes.to_proto(),
            priority: options.priority.into_proto(),
            ..Default::default()
        };
        let attributes =
            Attributes::StartChildWorkflowExecutionCommandAttributes(Box::new(attributes));
        let metadata = self.summary(options.summary, options.details);
        self.command_with(CommandId::StartChild(seq), attributes, metadata, at);
        seq
    }

    pub(crate) fn poll_child_started(
        &mut self,
        seq: Seq,
    ) -> Poll<Result<(String, String), ChildFailure>> {
        let child = self.children.table.get(seq);
        let Some(start) = child.start.take() else {
            return Poll::Pending;
        };
        let started = start.map(|()| (child.workflow_id.clone(), child.run_id.clone()));
        self.progressed();
        Poll::Ready(started)
    }

    pub(crate) fn poll_child(&mut self, seq: Seq) -> Poll<Result<Payload, ChildFailure>> {
        let child = self.children.table.get(seq);
        let Some(outcome) = child.outcome.take() else {
            return Poll::Pending;
        };
        self.progressed();
        if !self.has_interceptors() {
            return Poll::Ready(outcome);
        }
        Poll::Ready(self.learned_of_child(seq, outcome))
    }

    fn learned_of_child(
        &mut self,
        seq: Seq,
        outcome: Result<Payload, ChildFailure>,
    ) -> Result<Payload, ChildFailure> {
        let child = self.children.table.get(seq);
        let (workflow_type, workflow_id) = (child.workflow_type.clone(), child.workflow_id.clone());
        let call = WorkflowCall::Child {
            workflow_type: &workflow_type,
            workflow_id: &workflow_id,
        };
        let mut learned = outcome.clone().map_err(|failed| failed.failure().clone());
        self.learn(&call, &mut learned);
        match (learned, outcome) {
            (Ok(payload), _) => Ok(payload),
            // Its kind may be one that the failure itself does not show.
            (Err(failure), Err(failed)) if failure == *failed.failure() => Err(failed),
            (Err(failure), _) => Err(ChildFailure::from_failure(failure)),
        }
    }

    pub(crate) fn cancel_child(&mut self, seq: Seq) {
        let child = self.children.table.get(seq);
        if child.outcome.is_some() || child.state == State::Closed {
            return;
        }
        if child.cancellation == ChildCancellationType::Abandon {
            child.outcome = Some(Err(child.cancelled_failure()));
            return;
        }
        if child.state == State::Requested {
            child.close_as_cancelled();
            self.retract(CommandId::StartChild(seq));
            return;
        }
        if child.cancellation == ChildCancellationType::TryCancel {
            child.outcome = Some(Err(child.cancelled_failure()));
        }
        #[allow(deprecated)]
        let attributes = command::RequestCancelExternalWorkflowExecutionCommandAttributes {
            namespace: child.namespace.clone(),
            workflow_id: child.workflow_id.clone(),
            run_id: child.run_id.clone(),
            child_workflow_only: true,
            ..Default::default()
        };
        let at = child.at;
        let attributes = Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(
            Box::new(attributes),
        );
        self.command(CommandId::CancelChild(seq), attributes, at);
    }

    pub(crate) fn cancel_children_of(&mut self, in_scope: &dyn Fn(ScopeId) -> bool) {
        let open = self.children.table.iter();
        let open: Vec<Seq> = open
            .filter(|(_, it)| it.outcome.is_none() && it.state != State::Closed)
            .filter(|(_, it)| in_scope(it.scope))
            .map(|(seq, _)| seq)
            .collect();
        for seq in open {
            self.cancel_child(seq);
        }
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_children(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.children.table.iter();
        open.filter(|(_, it)| it.outcome.is_none() && it.state != State::Closed)
            .map(|(_, it)| {
                format!(
                    "child workflow `{}` (id {}) at {}",
                    it.workflow_type, it.workflow_id, it.at
                )
            })
    }

    pub(crate) fn on_child_initiated(
        &mut self,
        seq: Seq,
        event_id: i64,
        event: &history::StartChildWorkflowExecutionInitiatedEventAttributes,
    ) -> Result<(), Mismatch> {
        let child = self.children.table.get(seq);
        let found = event.workflow_type.as_ref().map_or("", |it| &it.name);
        Mismatch::check("workflow type", &child.workflow_type, found)?;
        Mismatch::check("workflow id", &child.workflow_id, &event.workflow_id)?;
        if child.state == State::Requested {
            child.state = State::Initiated;
        }
        child.initiated_event_id = event_id;
        self.children.table.bind(event_id, seq);
        Ok(())
    }

    pub(crate) fn on_child_start_failed(&mut self, initiated: i64, cause: i32) {
        let Some((_, child)) = self.children.table.by_event(initiated) else {
            return;
        };
        let failure = not_started(cause, &child.workflow_id, &child.workflow_type);
        child.state = State::Closed;
        child.start = Some(Err(failure.clone()));
        child.outcome.get_or_insert(Err(failure));
    }

    pub(crate) fn on_child_started(&mut self, initiated: i64, started: i64, run_id: &str) {
        let Some((_, child)) = self.children.table.by_event(initiated) else {
            return;
        };
        if child.state == State::Initiated {
            child.state = State::Started;
        }
        child.started_event_id = started;
        run_id.clone_into(&mut child.run_id);
        child.start = Some(Ok(()));
    }

    /// The server has recorded the wish to cancel a child.
    pub(crate) fn on_child_cancel_initiated(&mut self, seq: Seq, event_id: i64) {
        self.children.cancels.insert(event_id, seq);
    }

    /// The cancellation has reached the child.
    pub(crate) fn on_child_cancel_delivered(&mut self, initiated: i64) {
        let Some(seq) = self.children.cancels.remove(&initiated) else {
            return;
        };
        let child = self.children.table.get(seq);
        if child.cancellation == ChildCancellationType::WaitCancellationRequested
            && child.state != State::Closed
        {
            child.outcome.get_or_insert(Err(child.cancelled_failure()));
        }
    }

    pub(crate) fn on_child_closed(&mut self, initiated: i64, closed: ChildClosed) {
        let Some((_, child)) = self.children.table.by_event(initiated) else {
            return;
        };
        if child.state == State::Closed {
            return;
        }
        child.state = State::Closed;
        let outcome = match closed {
            ChildClosed::Completed(payload) => Ok(payload),
            ChildClosed::Failed(cause, retry_state) => Err(child.failure(*cause, retry_state)),
        };
        child.outcome.get_or_insert(outcome);
    }
}

/// How a child closed.
pub(crate) enum ChildClosed {
    Completed(Payload),
    Failed(Box<failure::Failure>, i32),
}

impl Child {
    fn close_as_cancelled(&mut self) {
        self.state = State::Closed;
        let failure = self.cancelled_failure();
        self.start = Some(Err(failure.clone()));
        self.outcome = Some(Err(failure));
    }

    fn cancelled_failure(&self) -> ChildFailure {
        let cause = Failure::canceled("child workflow cancelled").into_proto();
        self.failure(cause, enums::RetryState::CancelRequested as i32)
    }

    fn failure(&self, cause: failure::Failure, retry_state: i32) -> ChildFailure {
        let info = failure::ChildWorkflowExecutionFailureInfo {
            namespace: self.namespace.clone(),
            workflow_execution: Some(common::WorkflowExecution {
                workflow_id: self.workflow_id.clone(),
                run_id: self.run_id.clone(),
            }),
            workflow_type: Some(common::WorkflowType {
                name: self.workflow_type.clone(),
            }),
            initiated_event_id: self.initiated_event_id,
            started_event_id: self.started_event_id,
            retry_state,
        };
        ChildFailure::from_failure(Failure::from_proto(failure::Failure {
            message: "child workflow execution failed".to_owned(),
            source: crate::SDK_SOURCE.to_owned(),
            cause: Some(Box::new(cause)),
            failure_info: Some(
                failure::failure::FailureInfo::ChildWorkflowExecutionFailureInfo(info),
            ),
            ..Default::default()
        }))
    }
}
