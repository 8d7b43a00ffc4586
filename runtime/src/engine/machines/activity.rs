//! Activities on task queues.

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
use crate::interceptor::WorkflowCall;
use crate::time::duration_to_proto;
use crate::workflow::{ActivitySettings, CancellationType};

/// An activity that workflow code asks for.
pub(crate) struct ActivityRequest {
    pub(crate) name: String,
    pub(crate) input: Vec<Payload>,
    pub(crate) settings: ActivitySettings,
    pub(crate) at: &'static Location<'static>,
}

pub(crate) type Outcome = Result<Payload, failure::Failure>;

#[derive(Debug, Default)]
pub(crate) struct Activities {
    table: Table<Activity>,
}

#[derive(Debug)]
struct Activity {
    id: String,
    activity_type: String,
    cancellation: CancellationType,
    scope: ScopeId,
    at: &'static Location<'static>,
    state: State,
    /// Set once what awaits it may go on; a later event does not change it.
    outcome: Option<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// The command has met no event yet.
    Requested,
    Scheduled {
        event_id: i64,
    },
    CancelRequested,
    Closed,
}

impl Run {
    pub(crate) fn schedule_activity(&mut self, request: ActivityRequest) -> Seq {
        if !request.settings.has_timeout() {
            let ActivityRequest { name, at, .. } = request;
            panic!(
                "the timeout of the call of activity `{name}` at {at} is zero, which stands for none: make it longer"
            );
        }
        if request.settings.local == Some(true) {
            return self.schedule_local_activity(request);
        }
        let ActivityRequest {
            name,
            input,
            settings,
            at,
        } = request;
        self.assert_may_command("an activity call");
        let scope = self.scope();
        let seq = self.next_activity();
        let id = settings
            .activity_id
            .clone()
            .unwrap_or_else(|| seq.to_string());
        let cancelled = self.is_cancelled(scope);
        let activity = Activity {
            id: id.clone(),
            activity_type: name.clone(),
            cancellation: settings.cancellation.unwrap_or_default(),
            scope,
            at,
            state: State::Requested,
            outcome: None,
        };
        self.activities.table.insert(seq, activity);
        if cancelled {
            let activity = self.activities.table.get(seq);
            activity.state = State::Closed;
            activity.outcome = Some(Err(activity.cancelled_failure(0)));
            return seq;
        }
        let call = WorkflowCall::Activity {
            activity_type: &name,
        };
        let (header, input) = self.sent(&call, settings.headers, input).into_message();
        let attributes = command::ScheduleActivityTaskCommandAttributes {
            activity_id: id,
            activity_type: Some(common::ActivityType { name }),
            task_queue: Some(TaskQueue {
                name: settings
                    .task_queue
                    .unwrap_or_else(|| self.info().task_queue.clone()),
                ..TaskQueue::default()
            }),
            header,
            input,
            schedule_to_close_timeout: settings.schedule_to_close.map(duration_to_proto),
            schedule_to_start_timeout: settings.schedule_to_start.map(duration_to_proto),
            start_to_close_timeout: settings.start_to_close.map(duration_to_proto),
            heartbeat_timeout: settings.heartbeat.map(duration_to_proto),
            retry_policy: settings.retry.map(|it| it.to_proto()),
            // The shell takes it back where it has no room.
            request_eager_execution: settings.eager.unwrap_or(true),
            priority: settings.priority.into_proto(),
            ..Default::default()
        };
        let attributes = Attributes::ScheduleActivityTaskCommandAttributes(Box::new(attributes));
        let metadata = self.summary(settings.summary, None);
        self.command_with(CommandId::ScheduleActivity(seq), attributes, metadata, at);
        seq
    }

    /// The number of the next activity, local or not: they are numbered together, as in the SDKs of the core, whose histories
    /// have ids made of these numbers.
    pub(super) fn next_activity(&self) -> Seq {
        let local = self.local_activities.next_seq();
        self.activities.table.next_seq().max(local)
    }

    pub(crate) fn poll_activity(&mut self, seq: Seq) -> Poll<Outcome> {
        if is_local(seq) {
            return self.poll_local_activity(seq);
        }
        let activity = self.activities.table.get(seq);
        let Some(mut outcome) = activity.outcome.take() else {
            return Poll::Pending;
        };
        self.progressed();
        if !self.has_interceptors() {
            return Poll::Ready(outcome);
        }
        let activity_type = self.activities.table.get(seq).activity_type.clone();
        let call = WorkflowCall::Activity {
            activity_type: &activity_type,
        };
        self.learn_of_activity(&call, &mut outcome);
        Poll::Ready(outcome)
    }

    /// The same as [`learn`](Self::learn), of an activity.
    pub(super) fn learn_of_activity(&self, call: &WorkflowCall<'_>, outcome: &mut Outcome) {
        let mut learned = outcome.clone().map_err(crate::error::Failure::from_proto);
        self.learn(call, &mut learned);
        *outcome = learned.map_err(crate::error::Failure::into_proto);
    }

    pub(crate) fn activity_is_done(&mut self, seq: Seq) -> bool {
        if is_local(seq) {
            return self.local_activity_is_done(seq);
        }
        self.activities.table.get(seq).outcome.is_some()
    }

    pub(crate) fn cancel_activity(&mut self, seq: Seq) {
        if is_local(seq) {
            return self.cancel_local_activity(seq);
        }
        let activity = self.activities.table.get(seq);
        if activity.outcome.is_some() {
            return;
        }
        let (state, at) = (activity.state, activity.at);
        if activity.cancellation == CancellationType::Abandon {
            if let State::Requested | State::Scheduled { .. } = state {
                activity.outcome = Some(Err(activity.cancelled_failure(0)));
            }
            return;
        }
        match state {
            State::Requested => {
                activity.state = State::Closed;
                activity.outcome = Some(Err(activity.cancelled_failure(0)));
                self.retract(CommandId::ScheduleActivity(seq));
            }
            State::Scheduled { event_id } => {
                activity.state = State::CancelRequested;
                if activity.cancellation == CancellationType::TryCancel {
                    activity.outcome = Some(Err(activity.cancelled_failure(event_id)));
                }
                let attributes = command::RequestCancelActivityTaskCommandAttributes {
                    scheduled_event_id: event_id,
                };
                self.command(
                    CommandId::CancelActivity(seq),
                    Attributes::RequestCancelActivityTaskCommandAttributes(Box::new(attributes)),
                    at,
                );
            }
            State::CancelRequested | State::Closed => {}
        }
    }

    pub(crate) fn cancel_activities_of(&mut self, in_scope: &dyn Fn(ScopeId) -> bool) {
        let open = self.activities.table.iter();
        let open: Vec<Seq> = open
            .filter(|(_, it)| it.outcome.is_none() && it.state != State::Closed)
            .filter(|(_, it)| in_scope(it.scope))
            .map(|(seq, _)| seq)
            .collect();
        for seq in open {
            self.cancel_activity(seq);
        }
    }

    /// The lines of `__stack_trace` for what is being waited for.
    pub(crate) fn waiting_activities(&self) -> impl Iterator<Item = String> + '_ {
        let open = self.activities.table.iter();
        open.filter(|(_, it)| it.outcome.is_none() && it.state != State::Closed)
            .map(|(_, it)| {
                format!(
                    "activity `{}` (id {}) at {}",
                    it.activity_type, it.id, it.at
                )
            })
    }

    pub(crate) fn on_activity_scheduled(
        &mut self,
        seq: Seq,
        event_id: i64,
        event: &history::ActivityTaskScheduledEventAttributes,
    ) -> Result<(), Mismatch> {
        let activity = self.activities.table.get(seq);
        let found = event.activity_type.as_ref().map_or("", |it| &it.name);
        Mismatch::check("activity type", &activity.activity_type, found)?;
        Mismatch::check("activity id", &activity.id, &event.activity_id)?;
        activity.state = State::Scheduled { event_id };
        self.activities.table.bind(event_id, seq);
        Ok(())
    }

    pub(crate) fn on_activity_closed(&mut self, scheduled_event_id: i64, outcome: Outcome) {
        let Some((_, activity)) = self.activities.table.by_event(scheduled_event_id) else {
            return;
        };
        let known = activity.state == State::Closed
            || (activity.state == State::CancelRequested
                && activity.cancellation != CancellationType::WaitCancellationCompleted);
        activity.state = State::Closed;
        if !known && activity.outcome.is_none() {
            activity.outcome = Some(outcome);
        }
    }

    /// Wraps what an event says of a failed activity as the server does for callers elsewhere.
    pub(crate) fn activity_failure(
        &mut self,
        scheduled_event_id: i64,
        started_event_id: i64,
        identity: &str,
        retry_state: i32,
        cause: Option<failure::Failure>,
        message: &str,
    ) -> failure::Failure {
        let activity = self.activities.table.by_event(scheduled_event_id);
        let (id, activity_type) = activity
            .map(|(_, it)| (it.id.clone(), it.activity_type.clone()))
            .unwrap_or_default();
        wrap(
            failure::ActivityFailureInfo {
                scheduled_event_id,
                started_event_id,
                identity: identity.to_owned(),
                activity_type: Some(common::ActivityType {
                    name: activity_type,
                }),
                activity_id: id,
                retry_state,
            },
            cause,
            message,
        )
    }
}

impl Activity {
    fn cancelled_failure(&self, scheduled_event_id: i64) -> failure::Failure {
        wrap(
            failure::ActivityFailureInfo {
                scheduled_event_id,
                activity_type: Some(common::ActivityType {
                    name: self.activity_type.clone(),
                }),
                activity_id: self.id.clone(),
                retry_state: enums::RetryState::CancelRequested as i32,
                ..Default::default()
            },
            Some(crate::error::Failure::canceled("activity cancelled").into_proto()),
            "activity cancelled",
        )
    }
}

pub(super) fn wrap(
    info: failure::ActivityFailureInfo,
    cause: Option<failure::Failure>,
    message: &str,
) -> failure::Failure {
    failure::Failure {
        message: message.to_owned(),
        source: crate::SDK_SOURCE.to_owned(),
        cause: cause.map(Box::new),
        failure_info: Some(failure::failure::FailureInfo::ActivityFailureInfo(info)),
        ..Default::default()
    }
}

/// Local activities share the handle types of the others; their numbers have the top bit set.
pub(super) const LOCAL: Seq = 1 << 31;

fn is_local(seq: Seq) -> bool {
    seq & LOCAL != 0
}
