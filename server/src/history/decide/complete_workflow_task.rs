//! A worker completed its workflow task: its commands become events, or the task fails as a whole.

use std::{collections::BTreeMap, sync::Arc};

use mainspring_proto::{
    command::v1::Command,
    common::v1::MeteringMetadata,
    deployment::v1::WorkerDeploymentVersion,
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
    history::v1::{WorkflowTaskCompletedEventAttributes, history_event::Attributes},
    protocol::v1::Message,
    sdk::v1::WorkflowTaskCompletedMetadata,
};

use crate::history::{
    change::{Change, StickySet, WorkflowTaskClosed},
    failure,
    ids::EventId,
    rejection::Rejection,
    task::Task,
    time::Time,
    transition::{Draft, Request},
    update::UpdateStage,
    worker::Worker,
    workflow_task::{Sticky, WorkflowTask, WorkflowTaskKind},
};

use super::{
    close::Ending,
    commands::{self, CommandFailure},
    fail_workflow_task::WorkflowTaskRef,
    update::is_rejection,
    workflow_task::{StartedWorkflowTask, WorkflowTaskFailure},
};

/// The largest speculative task, in events, that a worker may be told to forget.
const MAX_DISCARDED_EVENTS: i64 = 10;

/// Instead of the id of a poll in the event of a task that nobody polled for.
const STARTED_WITH_THE_ANSWER: &str = "request-from-RespondWorkflowTaskCompleted";

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct CompleteWorkflowTask {
    /// Which hand-out is completed.
    pub task: WorkflowTaskRef,
    /// What the workflow wants done.
    pub commands: Vec<Command>,
    /// Answers to updates.
    pub messages: Vec<Message>,
    /// Who completed it.
    pub worker: Worker,
    /// The worker's promise to keep the run in its cache.
    pub sticky: Option<Sticky>,
    /// Whether the worker would take the next task at once.
    pub return_new_task: bool,
    /// Whether the worker needs another task although nothing happened.
    pub force_new_task: bool,
    /// Whether the worker can forget a task that turned out not to matter.
    pub can_discard_speculative: bool,
    /// Whether eager activities may be handed out.
    pub takes_eager_activities: bool,
    /// The build, as old SDKs tell it.
    pub binary_checksum: String,
    /// The deployment version.
    pub deployment_version: Option<WorkerDeploymentVersion>,
    /// The deployment's name.
    pub deployment_name: String,
    /// How the workflow wants to be versioned.
    pub versioning_behavior: i32,
    /// The SDK's notes to itself.
    pub sdk_metadata: Option<WorkflowTaskCompletedMetadata>,
    /// Local activity retries.
    pub metering_metadata: Option<MeteringMetadata>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// The commands were taken.
    Done(Done),
    /// The commands were not taken; the task was failed for this reason.
    Refused {
        /// The kind of failure.
        cause: WorkflowTaskFailedCause,
        /// What the worker is told.
        message: String,
    },
    /// The worker kept the task alive for too long.
    HeartbeatTimeout,
}

/// What the worker gets back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// The next task, already started.
    pub next_task: Option<StartedWorkflowTask>,
    /// Activities, already started, by their scheduled events.
    pub eager_activities: Vec<EventId>,
    /// The event that the worker should go back to; 0 if it should not.
    pub reset_history_event_id: EventId,
}

impl Request for CompleteWorkflowTask {
    type Reply = Completion;

    fn decide(mut self, draft: &mut Draft<'_>) -> Result<Completion, Rejection> {
        let task = self.task.find(draft.state())?.clone();
        if self.is_heartbeat() && self.heartbeats_too_long(&task, draft) {
            draft.time_out_workflow_task(TimeoutType::StartToClose);
            return Ok(Completion::HeartbeatTimeout);
        }
        if self.may_discard(&task, draft) {
            return Ok(Completion::Done(discard(&self.messages, draft)));
        }
        commands::check_sequence(&self.commands).map_err(Rejection::InvalidArgument)?;
        let worker = self.worker.clone();
        let binary_checksum = self.binary_checksum.clone();
        let refused = match self.complete(&task, draft) {
            Ok(done) => return Ok(Completion::Done(done)),
            Err(refused) => refused,
        };
        draft.start_over();
        // A repeated attempt that fails again is left to time out, which slows the loop down.
        let repeated =
            task.attempt > 1 && refused.cause != WorkflowTaskFailedCause::UnhandledCommand;
        if repeated && !refused.terminate {
            return Err(Rejection::InvalidArgument(refused.describe()));
        }
        let failure = WorkflowTaskFailure {
            cause: refused.cause.into(),
            failure: Some(failure::of_server(&refused.describe(), false)),
            worker,
            binary_checksum,
        };
        draft.give_up_sent_updates();
        if refused.terminate {
            draft.record_failed_workflow_task(failure);
            let reason = refused.describe();
            draft.end(Ending::terminated(&reason, "history-service", None));
        } else {
            draft.fail_workflow_task(failure);
        }
        Ok(refused.into_reply())
    }
}

impl CompleteWorkflowTask {
    fn is_heartbeat(&self) -> bool {
        self.force_new_task && self.commands.is_empty() && self.messages.is_empty()
    }

    fn heartbeats_too_long(&self, task: &WorkflowTask, draft: &Draft<'_>) -> bool {
        draft.now().since(task.original_scheduled_time) > draft.cx().limits.workflow_task_heartbeat
    }

    /// A task that carried updates only, all of which were refused, need not have happened.
    fn may_discard(&self, task: &WorkflowTask, draft: &Draft<'_>) -> bool {
        let shipped = task.scheduled_event_id - draft.state().previous_started_event_id - 1;
        // Every worker can forget a task that brought nothing but the end of the one before.
        let forgettable =
            shipped <= 1 || self.can_discard_speculative && shipped <= MAX_DISCARDED_EVENTS;
        task.kind == WorkflowTaskKind::Speculative
            && self.commands.is_empty()
            && !self.force_new_task
            && self.messages.iter().all(is_rejection)
            && forgettable
    }

    fn complete(
        &mut self,
        task: &WorkflowTask,
        draft: &mut Draft<'_>,
    ) -> Result<Done, CommandFailure> {
        let has_waiting = !draft.state().buffered.is_empty()
            || !draft
                .updates_in(|stage| matches!(stage, UpdateStage::Admitted))
                .is_empty();
        let heartbeat = self.is_heartbeat();
        let completed_event_id = self.write_completed(draft);
        draft.hold_buffer();
        for message in self.messages.iter().filter(|message| is_rejection(message)) {
            answer(draft, message)?;
        }
        let rejections = self.messages.iter().filter(|message| is_rejection(message));
        let rejections = rejections.map(|message| message.id.clone()).collect();
        let mut cx = commands::CommandCx {
            draft,
            completed_event_id,
            has_waiting,
            messages: std::mem::take(&mut self.messages)
                .into_iter()
                .filter(|message| !is_rejection(message))
                .map(|message| (message.id.clone(), message))
                .collect::<BTreeMap<_, _>>(),
            rejections,
            takes_eager_activities: self.takes_eager_activities,
            eager_activities: Vec::new(),
            identity: &self.worker.identity,
            needs_task: false,
            metadata: None,
        };
        for command in std::mem::take(&mut self.commands) {
            if !cx.draft.state().is_open() {
                break;
            }
            commands::handle(&mut cx, command)?;
        }
        for message in std::mem::take(&mut cx.messages).into_values() {
            if cx.draft.state().is_open() {
                answer(cx.draft, &message)?;
            }
        }
        let eager_activities = start_eager(&mut cx);
        let needs_task = cx.needs_task;
        let next_task = if draft.state().is_open() {
            match heartbeat {
                true => self.keep_updates(draft),
                false => draft.reject_unanswered_updates(),
            }
            let original = match heartbeat {
                true => task.original_scheduled_time,
                false => draft.now(),
            };
            self.go_on(original, needs_task, draft)
        } else {
            None
        };
        Ok(Done {
            next_task,
            eager_activities,
            reset_history_event_id: 0,
        })
    }

    fn write_completed(&self, draft: &mut Draft<'_>) -> EventId {
        draft.materialize_speculative(Some(&self.worker));
        let Some(task) = draft.write_transient(Some(&self.worker)) else {
            unreachable!("the task was found a moment ago")
        };
        let known = Arc::clone(&draft.state().worker_version);
        let completed_event_id = draft.event(Attributes::WorkflowTaskCompletedEventAttributes(
            Box::new(WorkflowTaskCompletedEventAttributes {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started_event_id,
                identity: self.worker.identity.clone(),
                binary_checksum: self.binary_checksum.clone(),
                worker_version: self.worker.version.clone(),
                sdk_metadata: self.sdk_metadata.clone(),
                metering_metadata: self.metering_metadata,
                versioning_behavior: self.versioning_behavior,
                worker_deployment_version: String::new(),
                worker_deployment_name: self.deployment_name.clone(),
                deployment_version: self.deployment_version.clone(),
                ..WorkflowTaskCompletedEventAttributes::default()
            }),
        ));
        draft.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
            next_attempt: 1,
            completed_started_event_id: task.started_event_id,
            volatile: false,
        }));
        draft.clear_problems();
        let newest = draft.state().reset_points.last();
        if newest.is_some_and(|it| it.first_workflow_task_completed_id == completed_event_id)
            || !Arc::ptr_eq(&known, &draft.state().worker_version)
        {
            // The builds that a run has seen, and where its worker is deployed, are search attributes of it.
            draft.task(Task::Visibility);
        }
        if self.sticky != draft.state().sticky {
            draft.change(Change::Sticky(match &self.sticky {
                Some(sticky) => StickySet {
                    queue: sticky.queue.to_string(),
                    schedule_to_start: sticky.schedule_to_start.as_nanos() as u64,
                },
                None => StickySet::default(),
            }));
        }
        completed_event_id
    }

    /// A worker that is not done with its task still has the updates that came with it, unless it
    /// does not keep the run.
    fn keep_updates(&self, draft: &mut Draft<'_>) {
        if self.sticky.is_none() {
            draft.return_updates();
        }
    }

    /// Whether and how the run gets its next workflow task, which counts as scheduled at `original`.
    fn go_on(
        &self,
        original: Time,
        needs_task: bool,
        draft: &mut Draft<'_>,
    ) -> Option<StartedWorkflowTask> {
        let flushed = draft.flush_buffer() > 0;
        if flushed || needs_task || self.force_new_task {
            draft.schedule_workflow_task_of(original);
        } else if !draft
            .updates_in(|stage| matches!(stage, UpdateStage::Admitted))
            .is_empty()
        {
            draft.schedule_speculative_task();
        }
        if !self.return_new_task {
            return None;
        }
        draft.start_workflow_task(&self.worker, STARTED_WITH_THE_ANSWER)
    }
}

/// Hands out the eager activities that the same commands did not cancel.
fn start_eager(cx: &mut commands::CommandCx<'_, '_>) -> Vec<EventId> {
    let mut ids = std::mem::take(&mut cx.eager_activities);
    ids.retain(|id| cx.draft.state().is_open() && cx.draft.state().activities.contains_key(id));
    for id in &ids {
        cx.draft.start_activity(*id, cx.identity);
    }
    ids
}

fn discard(messages: &[Message], draft: &mut Draft<'_>) -> Done {
    for message in messages {
        // A rejection of an update that is gone changes nothing.
        let _ = draft.answer_update(message);
    }
    draft.reject_unanswered_updates();
    draft.change(Change::WorkflowTaskClosed(WorkflowTaskClosed {
        next_attempt: 1,
        completed_started_event_id: 0,
        volatile: true,
    }));
    if !draft
        .updates_in(|stage| matches!(stage, UpdateStage::Admitted))
        .is_empty()
    {
        draft.schedule_speculative_task();
    }
    Done {
        reset_history_event_id: draft.state().previous_started_event_id,
        ..Done::default()
    }
}

pub(super) fn answer(draft: &mut Draft<'_>, message: &Message) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadUpdateWorkflowExecutionMessage;
    if let Some(body) = &message.body {
        let what = format!("Message type {}", body.type_url);
        commands::within(&what, body.value.len(), draft.cx().limits.blob_size, CAUSE)?;
    }
    draft
        .answer_update(message)
        .map_err(|message| CommandFailure::new(CAUSE, message))
}
