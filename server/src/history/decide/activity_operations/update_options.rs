//! UpdateActivityOptions: other timeouts, another queue, another retry policy for what is pending.

use mainspring_proto::{
    activity::v1::ActivityOptions,
    common::v1::{Priority, RetryPolicy},
    enums::v1::TaskQueueKind,
    prost_types,
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    activity::{Activity, Timeouts},
    change::{ActivityOptionsSet, Change},
    decide::retry,
    ids::EventId,
    rejection::Rejection,
    task::Task,
    time::{Time, duration, proto_duration},
    transition::{Draft, Request},
};

use super::Activities;

/// See the module.
#[derive(Clone, Debug)]
pub struct UpdateActivityOptions {
    /// Which activities.
    pub activities: Activities,
    /// What changes.
    pub update: OptionsUpdate,
}

/// What changes.
#[derive(Clone, Debug)]
pub enum OptionsUpdate {
    /// They get back the options they were scheduled with.
    Restore,
    /// They get some new ones.
    Some {
        /// Where the new ones are.
        from: Box<ActivityOptions>,
        /// Which ones: paths of fields, such as `retry_policy.maximum_attempts`.
        paths: Vec<String>,
    },
}

impl Request for UpdateActivityOptions {
    /// The options of the last of them from now on.
    type Reply = ActivityOptions;

    fn decide(self, draft: &mut Draft<'_>) -> Result<ActivityOptions, Rejection> {
        let mut reply = ActivityOptions::default();
        for id in self.activities.find(draft.state())? {
            let activity = &draft.state().activities[&id];
            let options = match &self.update {
                OptionsUpdate::Restore => None,
                OptionsUpdate::Some { from, paths } => {
                    let run = duration(&draft.state().started.workflow_run_timeout);
                    Some(updated(activity.options(), from, paths, run)?)
                }
            };
            set_options(draft, id, options);
            reply = draft.state().activities[&id].options();
        }
        Ok(reply)
    }
}

fn set_options(draft: &mut Draft<'_>, id: EventId, options: Option<ActivityOptions>) {
    let activity = &draft.state().activities[&id];
    let at = next_attempt_time(activity, options.as_ref());
    draft.change(Change::ActivityOptionsSet(ActivityOptionsSet {
        scheduled_event_id: id,
        at: at.nanos(),
        options,
    }));
    if draft.state().activities[&id].is_queued() {
        // In another queue, or with another priority.
        draft.task(Task::DispatchActivity(id));
    }
    draft.dispatch_if_due(id);
}

/// When the back-off ends by the new policy. If that allows no other attempt, the one that was
/// promised still comes.
fn next_attempt_time(activity: &Activity, options: Option<&ActivityOptions>) -> Time {
    let policy = match options {
        Some(options) => options.retry_policy.as_ref(),
        None => activity.attributes().retry_policy.as_ref(),
    };
    let (true, Some(failure)) = (activity.backing_off, &activity.last_failure) else {
        return activity.attempt_scheduled_time;
    };
    let ended = activity.last_attempt_complete_time;
    retry::next_interval(policy, activity.attempt - 1, failure, ended, None)
        .map_or(activity.attempt_scheduled_time, |wait| ended.after(wait))
}

/// The options with what is to be changed, checked and filled like those of a command.
fn updated(
    mut options: ActivityOptions,
    from: &ActivityOptions,
    paths: &[String],
    run: std::time::Duration,
) -> Result<ActivityOptions, Rejection> {
    for path in paths {
        merge(&mut options, from, path)?;
    }
    check(&options)?;
    let given = Timeouts {
        schedule_to_close: duration(&options.schedule_to_close_timeout),
        schedule_to_start: duration(&options.schedule_to_start_timeout),
        start_to_close: duration(&options.start_to_close_timeout),
        heartbeat: duration(&options.heartbeat_timeout),
    };
    let Some(timeouts) = given.filled(run) else {
        return Err(invalid(
            "A valid StartToClose or ScheduleToCloseTimeout is not set.",
        ));
    };
    Ok(ActivityOptions {
        schedule_to_close_timeout: Some(proto_duration(timeouts.schedule_to_close)),
        schedule_to_start_timeout: Some(proto_duration(timeouts.schedule_to_start)),
        start_to_close_timeout: Some(proto_duration(timeouts.start_to_close)),
        heartbeat_timeout: Some(proto_duration(timeouts.heartbeat)),
        retry_policy: Some(retry::filled(options.retry_policy)),
        ..options
    })
}

fn merge(into: &mut ActivityOptions, from: &ActivityOptions, path: &str) -> Result<(), Rejection> {
    let policy = |options: &ActivityOptions| {
        let policy = options.retry_policy.clone();
        policy.ok_or_else(|| invalid("RetryPolicy is not provided"))
    };
    let priority = |options: &ActivityOptions| {
        let priority = options.priority.clone();
        priority.ok_or_else(|| invalid("Priority is not provided"))
    };
    match path {
        "task_queue" | "task_queue.name" => into.task_queue = Some(normal_queue(from)?),
        "schedule_to_close_timeout" => {
            into.schedule_to_close_timeout = from.schedule_to_close_timeout;
        }
        "schedule_to_start_timeout" => {
            into.schedule_to_start_timeout = from.schedule_to_start_timeout;
        }
        "start_to_close_timeout" => into.start_to_close_timeout = from.start_to_close_timeout,
        "heartbeat_timeout" => into.heartbeat_timeout = from.heartbeat_timeout,
        "retry_policy" => into.retry_policy = Some(policy(from)?),
        "priority" => into.priority = from.priority.clone(),
        _ => {
            if let Some(field) = path.strip_prefix("retry_policy.") {
                let into = into.retry_policy.get_or_insert_default();
                return merge_policy(into, policy(from)?, field, path);
            }
            if let Some(field) = path.strip_prefix("priority.") {
                let into = into.priority.get_or_insert_default();
                return merge_priority(into, priority(from)?, field, path);
            }
            return Err(unknown(path));
        }
    }
    Ok(())
}

fn merge_policy(
    into: &mut RetryPolicy,
    from: RetryPolicy,
    field: &str,
    path: &str,
) -> Result<(), Rejection> {
    match field {
        "initial_interval" => into.initial_interval = from.initial_interval,
        "backoff_coefficient" => into.backoff_coefficient = from.backoff_coefficient,
        "maximum_interval" => into.maximum_interval = from.maximum_interval,
        "maximum_attempts" => into.maximum_attempts = from.maximum_attempts,
        "non_retryable_error_types" => {
            into.non_retryable_error_types = from.non_retryable_error_types;
        }
        _ => return Err(unknown(path)),
    }
    Ok(())
}

fn merge_priority(
    into: &mut Priority,
    from: Priority,
    field: &str,
    path: &str,
) -> Result<(), Rejection> {
    match field {
        "priority_key" => into.priority_key = from.priority_key,
        "fairness_key" => into.fairness_key = from.fairness_key,
        "fairness_weight" => into.fairness_weight = from.fairness_weight,
        _ => return Err(unknown(path)),
    }
    Ok(())
}

fn normal_queue(from: &ActivityOptions) -> Result<TaskQueue, Rejection> {
    let name = from.task_queue.as_ref().map_or("", |queue| &queue.name);
    if name.is_empty() {
        return Err(invalid("TaskQueue is not provided"));
    }
    Ok(TaskQueue {
        name: name.to_owned(),
        kind: TaskQueueKind::Normal.into(),
        normal_name: String::new(),
    })
}

fn check(options: &ActivityOptions) -> Result<(), Rejection> {
    let timeouts = [
        ("ScheduleToCloseTimeout", options.schedule_to_close_timeout),
        ("ScheduleToStartTimeout", options.schedule_to_start_timeout),
        ("StartToCloseTimeout", options.start_to_close_timeout),
        ("HeartbeatTimeout", options.heartbeat_timeout),
    ];
    let negative = |timeout: &prost_types::Duration| timeout.seconds < 0 || timeout.nanos < 0;
    for (name, timeout) in timeouts {
        if timeout.as_ref().is_some_and(negative) {
            return Err(invalid(format!("invalid {name}: negative duration")));
        }
    }
    match &options.retry_policy {
        Some(policy) => retry::validate(policy).map_err(invalid),
        None => Ok(()),
    }
}

fn unknown(path: &str) -> Rejection {
    invalid(format!(
        "UpdateMask has the path {path:?}, which is no option of an activity that can be updated"
    ))
}

fn invalid(message: impl Into<String>) -> Rejection {
    Rejection::InvalidArgument(message.into())
}
