//! The life of a workflow task, shared by the requests that make, start and end one.

use std::time::Duration;

use mainspring_proto::{
    enums::v1::{SuggestContinueAsNewReason, TaskQueueKind, TimeoutType, WorkflowTaskFailedCause},
    failure::v1::Failure,
    history::v1::{
        HistoryEvent, WorkflowTaskFailedEventAttributes, WorkflowTaskScheduledEventAttributes,
        WorkflowTaskStartedEventAttributes, WorkflowTaskTimedOutEventAttributes,
        history_event::Attributes,
    },
    protocol::v1::Message,
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    change::{
        Change, StickySet, UpdateRef, WorkflowTaskClosed, WorkflowTaskScheduled,
        WorkflowTaskStarted,
    },
    event::event_type,
    ids::EventId,
    state::{FirstTask, MutableState},
    task::Task,
    time::{Time, proto_duration},
    transition::Draft,
    worker::Worker,
    workflow_task::{WorkflowTask, WorkflowTaskKind},
};

use super::problems::Problem;

/// By how much a failing task is slowed down at the first slow attempt, and at most.
const SLOW_DOWN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));

/// A workflow task as it goes to a worker.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedWorkflowTask {
    /// The scheduled event, written or reserved.
    pub scheduled_event_id: EventId,
    /// The started event, written or reserved.
    pub started_event_id: EventId,
    /// From 1.
    pub attempt: i32,
    /// When it was scheduled.
    pub scheduled_time: Time,
    /// When it was started.
    pub started_time: Time,
    /// What the worker of the last completed task had seen.
    pub previous_started_event_id: EventId,
    /// The written history ends before this event.
    pub next_event_id: EventId,
    /// The events of an attempt that is not written.
    pub unwritten: Vec<HistoryEvent>,
    /// Updates for the workflow.
    pub messages: Vec<Message>,
}

impl Draft<'_> {
    /// Makes a workflow task, unless there is one, the run has ended, or its first one is held back.
    pub(crate) fn schedule_workflow_task(&mut self) {
        let now = self.now();
        self.schedule(WorkflowTaskKind::Normal, now);
    }

    /// The same, as the next of a series by which a worker keeps a long task alive, which began at
    /// `original`.
    pub(crate) fn schedule_workflow_task_of(&mut self, original: Time) {
        self.schedule(WorkflowTaskKind::Normal, original);
    }

    /// Makes a task that is written only if it turns out to matter.
    pub(crate) fn schedule_speculative_task(&mut self) {
        let now = self.now();
        self.schedule(WorkflowTaskKind::Speculative, now);
    }

    /// Makes the run's first workflow task, whatever held it back.
    pub(crate) fn schedule_first_workflow_task(&mut self) {
        if self.state().first_task == FirstTask::Scheduled {
            return;
        }
        let change = self.scheduled_change(WorkflowTaskKind::Normal, self.now());
        self.write_scheduled(change);
    }

    fn schedule(&mut self, wanted: WorkflowTaskKind, original: Time) {
        let state = self.state();
        if !state.is_open()
            || state.workflow_task.is_some()
            || state.first_task != FirstTask::Scheduled
        {
            return;
        }
        let kind = match state.next_attempt {
            ..=1 => wanted,
            _ => WorkflowTaskKind::Transient,
        };
        let change = self.scheduled_change(kind, original);
        match kind {
            WorkflowTaskKind::Normal => self.write_scheduled(change),
            WorkflowTaskKind::Transient | WorkflowTaskKind::Speculative => {
                self.change(Change::WorkflowTaskScheduled(change));
                self.task(Task::DispatchWorkflowTask);
            }
        }
    }

    fn scheduled_change(&self, kind: WorkflowTaskKind, original: Time) -> WorkflowTaskScheduled {
        let state = self.state();
        let sticky = state.sticky.as_ref().filter(|_| state.next_attempt <= 1);
        let schedule_to_start = match (sticky, kind) {
            (_, WorkflowTaskKind::Speculative) => self.cx().limits.speculative_schedule_to_start,
            (Some(sticky), _) => sticky.schedule_to_start,
            (None, _) => Duration::ZERO,
        };
        WorkflowTaskScheduled {
            kind: match kind {
                WorkflowTaskKind::Normal => 0,
                WorkflowTaskKind::Transient => 1,
                WorkflowTaskKind::Speculative => 2,
            },
            scheduled_event_id: state.next_event_id,
            attempt: state.next_attempt.max(1),
            scheduled_time: self.now().nanos(),
            original_scheduled_time: original.nanos(),
            start_to_close: workflow_task_timeout(state).as_nanos() as u64,
            schedule_to_start: schedule_to_start.as_nanos() as u64,
            queue: sticky.map_or(state.task_queue(), |it| &it.queue).to_owned(),
            sticky: sticky.is_some(),
            volatile: kind == WorkflowTaskKind::Speculative,
        }
    }

    fn write_scheduled(&mut self, change: WorkflowTaskScheduled) {
        // The change comes first: it lifts what held the first task back.
        self.change(Change::WorkflowTaskScheduled(change));
        let attributes = self
            .state()
            .workflow_task
            .as_ref()
            .map(|task| scheduled_attributes(self.state(), task));
        if let Some(attributes) = attributes {
            self.event(attributes);
        }
        self.task(Task::DispatchWorkflowTask);
    }

    /// Writes the events of a speculative task, because something else is about to be written: what `answer`
    /// its worker gave, if that is it.
    pub(crate) fn materialize_speculative(&mut self, answer: Option<&Worker>) {
        let Some(task) = self.state().workflow_task.clone() else {
            return;
        };
        if task.kind != WorkflowTaskKind::Speculative {
            return;
        }
        self.change(Change::WorkflowTaskScheduled(WorkflowTaskScheduled {
            kind: 0,
            scheduled_event_id: task.scheduled_event_id,
            attempt: task.attempt,
            scheduled_time: task.scheduled_time.nanos(),
            original_scheduled_time: task.original_scheduled_time.nanos(),
            start_to_close: task.start_to_close.as_nanos() as u64,
            schedule_to_start: task.schedule_to_start.as_nanos() as u64,
            queue: task.queue.to_string(),
            sticky: task.sticky,
            volatile: false,
        }));
        self.event_at(
            scheduled_attributes(self.state(), &task),
            task.scheduled_time,
        );
        if task.is_started() {
            self.change(Change::WorkflowTaskStarted(started_change(&task, false)));
            self.event_at(late_started_attributes(&task, answer), task.started_time);
        }
    }

    /// Sends a task that waits on a sticky queue to the normal one.
    pub(crate) fn unstick(&mut self) {
        if self.state().sticky.is_some() {
            self.change(Change::Sticky(StickySet::default()));
        }
        let pending = self.state().workflow_task.as_ref();
        let Some(task) = pending
            .filter(|task| task.sticky && !task.is_started())
            .cloned()
        else {
            return;
        };
        let speculative = task.kind == WorkflowTaskKind::Speculative;
        self.change(Change::WorkflowTaskScheduled(WorkflowTaskScheduled {
            kind: match task.kind {
                WorkflowTaskKind::Normal => 0,
                WorkflowTaskKind::Transient => 1,
                WorkflowTaskKind::Speculative => 2,
            },
            scheduled_event_id: task.scheduled_event_id,
            attempt: task.attempt,
            scheduled_time: task.scheduled_time.nanos(),
            original_scheduled_time: task.original_scheduled_time.nanos(),
            start_to_close: task.start_to_close.as_nanos() as u64,
            schedule_to_start: match speculative {
                true => task.schedule_to_start.as_nanos() as u64,
                false => 0,
            },
            queue: self.state().task_queue().to_owned(),
            sticky: false,
            volatile: speculative,
        }));
        self.task(Task::DispatchWorkflowTask);
    }

    /// Hands the pending task to a worker.
    pub(crate) fn start_workflow_task(
        &mut self,
        worker: &Worker,
        request_id: &str,
    ) -> Option<StartedWorkflowTask> {
        let pending = self
            .state()
            .workflow_task
            .as_ref()
            .filter(|task| !task.is_started())?;
        if pending.kind == WorkflowTaskKind::Transient
            && pending.scheduled_event_id != self.state().next_event_id
        {
            // Something new happened since the last failure: the worker gets a fresh start.
            self.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
                next_attempt: 1,
                ..WorkflowTaskClosed::default()
            }));
            let change = self.scheduled_change(WorkflowTaskKind::Normal, self.now());
            self.change(Change::WorkflowTaskScheduled(change));
            let task = self.state().workflow_task.clone()?;
            self.event(scheduled_attributes(self.state(), &task));
        }
        let task = self.state().workflow_task.clone()?;
        let normal = task.kind == WorkflowTaskKind::Normal;
        let task = WorkflowTask {
            suggested: self.suggestions(),
            history_size: self.state().history_size,
            started_event_id: match normal {
                true => self.state().next_event_id,
                false => task.scheduled_event_id + 1,
            },
            started_time: self.now(),
            start_to_close: slowed(&task, self.cx().limits.slow_attempt),
            identity: worker.identity.clone(),
            request_id: request_id.to_owned(),
            ..task
        };
        if normal {
            self.event(started_attributes(&task, worker));
        }
        let volatile = task.kind == WorkflowTaskKind::Speculative;
        self.change(Change::WorkflowTaskStarted(started_change(&task, volatile)));
        let messages = self.send_updates(task.started_event_id);
        Some(self.handed_out(&task, messages))
    }

    /// The started task as the worker sees it.
    pub(crate) fn handed_out(
        &self,
        task: &WorkflowTask,
        messages: Vec<Message>,
    ) -> StartedWorkflowTask {
        StartedWorkflowTask {
            scheduled_event_id: task.scheduled_event_id,
            started_event_id: task.started_event_id,
            attempt: task.attempt,
            scheduled_time: task.scheduled_time,
            started_time: task.started_time,
            previous_started_event_id: self.state().previous_started_event_id,
            next_event_id: self.state().next_event_id,
            unwritten: unwritten_events(self.state(), task),
            messages,
        }
    }

    /// Writes the events of a repeated attempt, because it ended well, with the `answer` of its worker if that is
    /// how.
    pub(crate) fn write_transient(&mut self, answer: Option<&Worker>) -> Option<WorkflowTask> {
        let task = self.state().workflow_task.clone()?;
        if task.kind != WorkflowTaskKind::Transient {
            return Some(task);
        }
        let scheduled_event_id = self.event_at(
            scheduled_attributes(self.state(), &task),
            task.scheduled_time,
        );
        let task = WorkflowTask {
            scheduled_event_id,
            ..task
        };
        let started_event_id =
            self.event_at(late_started_attributes(&task, answer), task.started_time);
        Some(WorkflowTask {
            started_event_id,
            ..task
        })
    }

    /// Records that the worker could not complete its task, and makes the next one.
    pub(crate) fn fail_workflow_task(&mut self, failed: WorkflowTaskFailure) {
        self.record_failed_workflow_task(failed);
        self.schedule_workflow_task();
    }

    /// Records that the worker could not complete its task, and leaves it at that.
    pub(crate) fn record_failed_workflow_task(&mut self, failed: WorkflowTaskFailure) {
        self.materialize_speculative(Some(&failed.worker));
        let Some(task) = self.state().workflow_task.clone() else {
            return;
        };
        if task.kind == WorkflowTaskKind::Normal {
            self.event(Attributes::WorkflowTaskFailedEventAttributes(Box::new(
                WorkflowTaskFailedEventAttributes {
                    scheduled_event_id: task.scheduled_event_id,
                    started_event_id: task.started_event_id,
                    cause: failed.cause,
                    failure: failed.failure,
                    identity: failed.worker.identity,
                    binary_checksum: failed.binary_checksum,
                    ..WorkflowTaskFailedEventAttributes::default()
                },
            )));
        }
        self.end_attempt(&task);
        let cause = WorkflowTaskFailedCause::try_from(failed.cause).unwrap_or_default();
        self.report_problem(&task, Problem::Failed(cause));
    }

    /// Records that the pending task took too long, and makes the next one.
    pub(crate) fn time_out_workflow_task(&mut self, timeout: TimeoutType) {
        self.materialize_speculative(None);
        let Some(task) = self.state().workflow_task.clone() else {
            return;
        };
        if task.kind == WorkflowTaskKind::Normal {
            self.event(Attributes::WorkflowTaskTimedOutEventAttributes(Box::new(
                WorkflowTaskTimedOutEventAttributes {
                    scheduled_event_id: task.scheduled_event_id,
                    started_event_id: task.started_event_id,
                    timeout_type: timeout.into(),
                },
            )));
        }
        self.end_attempt(&task);
        self.report_problem(&task, Problem::TimedOut(timeout));
        self.schedule_workflow_task();
    }

    /// Ends an attempt that came to nothing: the next one goes to the normal queue.
    pub(crate) fn end_attempt(&mut self, task: &WorkflowTask) {
        let sticky = self.state().sticky.is_some();
        let raise = task.is_started() && !sticky;
        self.return_updates();
        self.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
            next_attempt: if raise { task.attempt + 1 } else { 1 },
            ..WorkflowTaskClosed::default()
        }));
        if sticky {
            self.change(Change::Sticky(StickySet::default()));
        }
        if self.flush_buffer() > 0 && self.state().next_attempt > 1 {
            // The history has grown, so the next attempt is not a mere repetition.
            self.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
                next_attempt: 1,
                ..WorkflowTaskClosed::default()
            }));
        }
    }

    /// Updates that the worker had go back to those that wait.
    pub(crate) fn return_updates(&mut self) {
        for update_id in
            self.updates_in(|stage| matches!(stage, crate::history::update::UpdateStage::Sent))
        {
            self.change(Change::UpdateReturned(UpdateRef { update_id }));
        }
    }

    /// Why the run had better continue as new.
    fn suggestions(&self) -> Vec<i32> {
        use SuggestContinueAsNewReason::*;
        let (state, limits) = (self.state(), self.cx().limits);
        let too_large = state.history_size >= limits.suggest_continue_as_new_size;
        let too_long = state.next_event_id >= limits.suggest_continue_as_new_events;
        let updates = state.updates.size() * 10 >= limits.updates * 9;
        let reasons = [
            (too_large, HistorySizeTooLarge),
            (too_long, TooManyHistoryEvents),
            (updates, TooManyUpdates),
        ];
        let holding = reasons.into_iter().filter(|(holds, _)| *holds);
        holding.map(|(_, reason)| reason.into()).collect()
    }

    /// An event of the past that is written only now.
    fn event_at(&mut self, attributes: Attributes, time: Time) -> EventId {
        let event_id = self.state().next_event_id;
        let proto = HistoryEvent {
            event_id,
            event_time: Some(time.to_proto()),
            event_type: event_type(&attributes).into(),
            attributes: Some(attributes),
            ..HistoryEvent::default()
        };
        self.change(Change::Event(crate::history::event::Event::new(proto)));
        event_id
    }
}

/// Why a workflow task failed.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowTaskFailure {
    /// The number of the kind of failure: workers may know more of them than the server.
    pub cause: i32,
    /// What the worker said, or the server found.
    pub failure: Option<Failure>,
    /// Who says so.
    pub worker: Worker,
    /// The worker's build, as old SDKs tell it.
    pub binary_checksum: String,
}

/// The events of an attempt that exists only in the poll response.
pub fn unwritten_events(state: &MutableState, task: &WorkflowTask) -> Vec<HistoryEvent> {
    if task.kind == WorkflowTaskKind::Normal {
        return Vec::new();
    }
    let event = |event_id, time: Time, attributes: Attributes| HistoryEvent {
        event_id,
        event_time: Some(time.to_proto()),
        event_type: event_type(&attributes).into(),
        attributes: Some(attributes),
        ..HistoryEvent::default()
    };
    let mut events = vec![event(
        task.scheduled_event_id,
        task.scheduled_time,
        scheduled_attributes(state, task),
    )];
    if task.is_started() {
        events.push(event(
            task.started_event_id,
            task.started_time,
            late_started_attributes(task, None),
        ));
    }
    events
}

fn scheduled_attributes(state: &MutableState, task: &WorkflowTask) -> Attributes {
    let kind = if task.sticky {
        TaskQueueKind::Sticky
    } else {
        TaskQueueKind::Normal
    };
    Attributes::WorkflowTaskScheduledEventAttributes(Box::new(
        WorkflowTaskScheduledEventAttributes {
            task_queue: Some(TaskQueue {
                name: task.queue.to_string(),
                kind: kind.into(),
                normal_name: if task.sticky {
                    state.task_queue().to_owned()
                } else {
                    String::new()
                },
            }),
            start_to_close_timeout: Some(proto_duration(workflow_task_timeout(state))),
            attempt: task.attempt,
        },
    ))
}

/// The event of a task that was started before: who answered it speaks for who polled, if it was answered.
fn late_started_attributes(task: &WorkflowTask, answer: Option<&Worker>) -> Attributes {
    match answer {
        Some(worker) => started_attributes(task, worker),
        None => started_attributes(task, &task.identity.clone().into()),
    }
}

fn started_attributes(task: &WorkflowTask, worker: &Worker) -> Attributes {
    Attributes::WorkflowTaskStartedEventAttributes(Box::new(WorkflowTaskStartedEventAttributes {
        scheduled_event_id: task.scheduled_event_id,
        identity: worker.identity.clone(),
        worker_version: worker.version.clone(),
        request_id: task.request_id.clone(),
        suggest_continue_as_new: !task.suggested.is_empty(),
        suggest_continue_as_new_reasons: task.suggested.clone(),
        history_size_bytes: task.history_size,
        ..WorkflowTaskStartedEventAttributes::default()
    }))
}

fn started_change(task: &WorkflowTask, volatile: bool) -> WorkflowTaskStarted {
    WorkflowTaskStarted {
        scheduled_event_id: task.scheduled_event_id,
        started_event_id: task.started_event_id,
        time: task.started_time.nanos(),
        identity: task.identity.clone(),
        request_id: task.request_id.clone(),
        start_to_close: task.start_to_close.as_nanos() as u64,
        volatile,
        history_size: task.history_size,
        suggested: task.suggested.clone(),
    }
}

fn workflow_task_timeout(state: &MutableState) -> Duration {
    crate::history::time::duration(&state.started.workflow_task_timeout)
}

/// Workers stop reporting failures after the first and let the task time out, so the timeout is what
/// slows a failing workflow down.
fn slowed(task: &WorkflowTask, slow_attempt: i32) -> Duration {
    if task.attempt < slow_attempt {
        return task.start_to_close;
    }
    let doublings = (task.attempt - slow_attempt).min(16) as u32;
    let extra = (SLOW_DOWN.0 * 2u32.pow(doublings)).min(SLOW_DOWN.1);
    task.start_to_close + extra
}
