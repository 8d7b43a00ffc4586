//! ScheduleActivityTask and RequestCancelActivityTask.

use mainspring_proto::{
    command::v1::{
        RequestCancelActivityTaskCommandAttributes, ScheduleActivityTaskCommandAttributes,
    },
    common::v1::{Payload, Payloads},
    enums::v1::{TaskQueueKind, WorkflowTaskFailedCause},
    history::v1::{
        ActivityTaskCancelRequestedEventAttributes, ActivityTaskScheduledEventAttributes,
        history_event::Attributes,
    },
    prost_types,
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    activity::Timeouts,
    decide::{activity::ActivityEnd, retry},
    ids::EventId,
    priority,
    task::Task,
    time::{duration, proto_duration},
};

use super::{CommandCx, CommandFailure, one_more, payloads_size};

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadScheduleActivityAttributes;

pub(super) fn schedule(
    cx: &mut CommandCx<'_, '_>,
    it: ScheduleActivityTaskCommandAttributes,
) -> Result<(), CommandFailure> {
    validate(cx, &it)?;
    let state = cx.draft.state();
    if state.activity_ids.contains_key(it.activity_id.as_str()) {
        return Err(CommandFailure::new(
            WorkflowTaskFailedCause::ScheduleActivityDuplicateId,
            format!("activity {:?} is already pending", it.activity_id),
        ));
    }
    let pending = cx.draft.state().activities.size();
    one_more(
        "activities",
        pending,
        cx.draft.cx().limits.pending_activities,
        WorkflowTaskFailedCause::PendingActivitiesLimitExceeded,
    )?;
    let eager = it.request_eager_execution && cx.takes_eager_activities;
    let attributes = scheduled(cx, it)?;
    let id = cx.event(Attributes::ActivityTaskScheduledEventAttributes(Box::new(
        attributes,
    )));
    if eager {
        cx.eager_activities.push(id);
    } else {
        cx.draft.task(Task::DispatchActivity(id));
    }
    Ok(())
}

fn validate(
    cx: &CommandCx<'_, '_>,
    it: &ScheduleActivityTaskCommandAttributes,
) -> Result<(), CommandFailure> {
    if let Some(message) = problem(cx, it) {
        return Err(CommandFailure::new(CAUSE, message));
    }
    cx.fits(
        "ScheduleActivityTaskCommandAttributes.Input",
        payloads_size(&it.input),
        CAUSE,
    )
}

/// What is wrong with the attributes, if anything is.
fn problem(cx: &CommandCx<'_, '_>, it: &ScheduleActivityTaskCommandAttributes) -> Option<String> {
    if let Some(problem) = cx.queue_problem(&it.task_queue) {
        return Some(problem.to_owned());
    }
    let kind = it.activity_type.as_ref().map_or("", |kind| &kind.name);
    for (what, name) in [
        ("activityId", it.activity_id.as_str()),
        ("activityType", kind),
    ] {
        if name.is_empty() {
            return Some(format!("{what} is not set"));
        }
    }
    let policy = retry::filled(it.retry_policy.clone());
    if let Err(problem) = retry::validate(&policy) {
        return Some(problem);
    }
    for (what, name) in [
        ("activityId", it.activity_id.as_str()),
        ("activityType", kind),
    ] {
        if let Some(excess) = cx.excess(name) {
            return Some(format!("{what} exceeds length limit. {excess}"));
        }
    }
    if let Some(problem) = priority::problem(it.priority.as_ref()) {
        return Some(format!("invalid priorities: {problem}"));
    }
    let timeouts = [
        ("ScheduleToCloseTimeout", &it.schedule_to_close_timeout),
        ("ScheduleToStartTimeout", &it.schedule_to_start_timeout),
        ("StartToCloseTimeout", &it.start_to_close_timeout),
        ("HeartbeatTimeout", &it.heartbeat_timeout),
    ];
    let (name, _) = timeouts
        .into_iter()
        .find(|(_, timeout)| is_negative(timeout))?;
    Some(format!("invalid {name}: negative duration"))
}

/// Missing timeouts are filled from each other, and none outlasts the run.
fn scheduled(
    cx: &CommandCx<'_, '_>,
    it: ScheduleActivityTaskCommandAttributes,
) -> Result<ActivityTaskScheduledEventAttributes, CommandFailure> {
    let state = cx.draft.state();
    let given = Timeouts {
        schedule_to_close: duration(&it.schedule_to_close_timeout),
        schedule_to_start: duration(&it.schedule_to_start_timeout),
        start_to_close: duration(&it.start_to_close_timeout),
        heartbeat: duration(&it.heartbeat_timeout),
    };
    let run_timeout = duration(&state.started.workflow_run_timeout);
    let Some(timeouts) = given.filled(run_timeout) else {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. \
                 ActivityId={} ActivityType={}",
                it.activity_id,
                it.activity_type.map_or_else(String::new, |kind| kind.name)
            ),
        ));
    };
    let queue = it
        .task_queue
        .map(|queue| queue.name)
        .filter(|name| !name.is_empty());
    Ok(ActivityTaskScheduledEventAttributes {
        activity_id: it.activity_id,
        activity_type: it.activity_type,
        task_queue: Some(TaskQueue {
            name: queue.unwrap_or_else(|| state.task_queue().to_owned()),
            kind: TaskQueueKind::Normal.into(),
            normal_name: String::new(),
        }),
        header: it.header,
        input: it.input,
        schedule_to_close_timeout: Some(proto_duration(timeouts.schedule_to_close)),
        schedule_to_start_timeout: Some(proto_duration(timeouts.schedule_to_start)),
        start_to_close_timeout: Some(proto_duration(timeouts.start_to_close)),
        heartbeat_timeout: Some(proto_duration(timeouts.heartbeat)),
        workflow_task_completed_event_id: cx.completed_event_id,
        retry_policy: Some(retry::filled(it.retry_policy)),
        use_workflow_build_id: it.use_workflow_build_id,
        priority: it.priority,
    })
}

pub(super) fn request_cancel(
    cx: &mut CommandCx<'_, '_>,
    it: RequestCancelActivityTaskCommandAttributes,
) -> Result<(), CommandFailure> {
    const CAUSE: WorkflowTaskFailedCause =
        WorkflowTaskFailedCause::BadRequestCancelActivityAttributes;
    let id: EventId = it.scheduled_event_id;
    if id <= 0 {
        return Err(CommandFailure::new(
            CAUSE,
            "ScheduledEventId is not set on RequestCancelActivityTaskCommand.",
        ));
    }
    let state = cx.draft.state();
    let activity = state.activities.get(&id).cloned();
    // It may have closed meanwhile, and its result be on its way to the worker: the request is
    // recorded all the same, because the worker expects an event for its command.
    let pending = activity
        .as_ref()
        .is_some_and(|it| !it.is_cancel_requested());
    if !pending && !state.has_buffered_activity_end(id) {
        return Err(CommandFailure::new(
            CAUSE,
            format!(
                "no activity that could be cancelled was scheduled by the event {id}: it is unknown, over, or \
                 was asked to stop before"
            ),
        ));
    }
    let requested = cx.event(Attributes::ActivityTaskCancelRequestedEventAttributes(
        Box::new(ActivityTaskCancelRequestedEventAttributes {
            scheduled_event_id: id,
            workflow_task_completed_event_id: cx.completed_event_id,
        }),
    ));
    if activity.is_some_and(|it| !it.is_started()) {
        cx.draft.close_activity(
            id,
            ActivityEnd::Canceled {
                details: Some(not_started()),
                requested,
                identity: cx.identity.to_owned(),
            },
        );
        cx.needs_task = true;
    }
    Ok(())
}

/// What tells the workflow that a cancelled activity never began.
fn not_started() -> Payloads {
    Payloads {
        payloads: vec![Payload {
            metadata: [("encoding".to_owned(), b"json/plain".as_slice().into())].into(),
            data: b"\"ACTIVITY_ID_NOT_STARTED\"".as_slice().into(),
            ..Payload::default()
        }],
    }
}

pub(super) fn is_negative(timeout: &Option<prost_types::Duration>) -> bool {
    timeout
        .as_ref()
        .is_some_and(|it| it.seconds < 0 || it.nanos < 0)
}
