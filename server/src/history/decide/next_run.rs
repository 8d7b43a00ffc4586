//! The run that follows: by continue-as-new, retry or cron.

use std::time::Duration;

use mainspring_proto::{
    common::v1::{Payloads, RetryPolicy},
    enums::v1::{ContinueAsNewInitiator, RetryState},
    failure::v1::Failure,
    history::v1::{
        WorkflowExecutionContinuedAsNewEventAttributes, WorkflowExecutionStartedEventAttributes,
    },
    workflow::v1::ResetPoints,
};

use crate::history::{
    state::MutableState,
    time::{Time, proto_duration},
    transition::{Cx, Transition},
};

use super::{
    cron, retry,
    start_run::{NewRun, start_run},
};

/// How the run before ended.
#[derive(Clone, Copy)]
pub(crate) enum After<'r> {
    Completed(&'r Option<Payloads>),
    Failed(&'r Failure),
}

/// The next attempt that the workflow's retry policy asks for, or why there is none.
pub(crate) fn by_retry(
    state: &MutableState,
    cx: &Cx<'_>,
    after: After<'_>,
) -> (RetryState, Option<Transition<()>>) {
    let After::Failed(failure) = after else {
        return (RetryState::Unspecified, None);
    };
    let started = &state.started;
    let interval = retry::next_interval(
        started.retry_policy.as_ref(),
        started.attempt,
        failure,
        cx.now,
        state.execution_expiration(),
    );
    let interval = match interval {
        Ok(interval) => interval,
        Err(why_not) => return (why_not, None),
    };
    let next = WorkflowExecutionStartedEventAttributes {
        initiator: ContinueAsNewInitiator::Retry.into(),
        attempt: started.attempt + 1,
        continued_failure: Some(failure.clone()),
        first_workflow_task_backoff: Some(proto_duration(interval)),
        ..again(state, cx)
    };
    (
        RetryState::InProgress,
        Some(create(state, cx, &cx.ids.uuid(), next)),
    )
}

/// The next run that the cron schedule asks for.
pub(crate) fn by_cron(
    state: &MutableState,
    cx: &Cx<'_>,
    after: After<'_>,
) -> Option<Transition<()>> {
    let backoff = cron_backoff(state, cx.now)?;
    let starts = cx.now.after(backoff);
    if state
        .execution_expiration()
        .is_some_and(|expiration| starts > expiration)
    {
        return None;
    }
    let (last_completion_result, continued_failure) = match after {
        After::Completed(result) => (result.clone(), None),
        After::Failed(failure) => (
            state.started.last_completion_result.clone(),
            Some(failure.clone()),
        ),
    };
    let next = WorkflowExecutionStartedEventAttributes {
        initiator: ContinueAsNewInitiator::CronSchedule.into(),
        attempt: 1,
        last_completion_result,
        continued_failure,
        first_workflow_task_backoff: Some(proto_duration(backoff)),
        ..again(state, cx)
    };
    Some(create(state, cx, &cx.ids.uuid(), next))
}

/// How long a run with a cron schedule, closing now, waits for the next.
pub(crate) fn cron_backoff(state: &MutableState, now: Time) -> Option<Duration> {
    let schedule = state.started.cron_schedule.as_str();
    if schedule.is_empty() {
        return None;
    }
    cron::backoff(schedule, state.execution_time(), now)
}

/// What a worker wants of the next run that the event does not tell.
pub(crate) struct Kept {
    pub(crate) retry_policy: Option<RetryPolicy>,
    pub(crate) cron_schedule: String,
}

/// The run that a workflow continues in.
pub(crate) fn continued(
    state: &MutableState,
    cx: &Cx<'_>,
    it: &WorkflowExecutionContinuedAsNewEventAttributes,
    kept: Kept,
) -> Transition<()> {
    let next = WorkflowExecutionStartedEventAttributes {
        workflow_type: it.workflow_type.clone(),
        task_queue: it.task_queue.clone(),
        input: it.input.clone(),
        workflow_run_timeout: it.workflow_run_timeout,
        workflow_task_timeout: it.workflow_task_timeout,
        initiator: match it.initiator {
            0 => ContinueAsNewInitiator::Workflow.into(),
            initiator => initiator,
        },
        attempt: match it.initiator() {
            ContinueAsNewInitiator::Retry => state.started.attempt + 1,
            _ => 1,
        },
        continued_failure: it.failure.clone(),
        last_completion_result: it.last_completion_result.clone(),
        retry_policy: kept.retry_policy.map(|policy| retry::filled(Some(policy))),
        cron_schedule: kept.cron_schedule,
        first_workflow_task_backoff: it.backoff_start_interval,
        header: it.header.clone(),
        memo: it.memo.clone(),
        search_attributes: it.search_attributes.clone(),
        ..again(state, cx)
    };
    create(state, cx, &it.new_execution_run_id, next)
}

/// What every next run takes over.
fn again(state: &MutableState, cx: &Cx<'_>) -> WorkflowExecutionStartedEventAttributes {
    let started = &*state.started;
    WorkflowExecutionStartedEventAttributes {
        continued_execution_run_id: state.run.run_id.to_string(),
        first_execution_run_id: state.first_execution_run_id().to_owned(),
        prev_auto_reset_points: Some(reset_points(state, cx)),
        workflow_execution_expiration_time: state.execution_expiration().map(Time::to_proto),
        continued_failure: None,
        first_workflow_task_backoff: None,
        eager_execution_accepted: false,
        // Nobody asked for the run.
        identity: String::new(),
        ..started.clone()
    }
}

/// The reset points of the chain, with the time from which on there are no more runs to go back to.
fn reset_points(state: &MutableState, cx: &Cx<'_>) -> ResetPoints {
    let gone = |at: &mainspring_proto::prost_types::Timestamp| Time::from_proto(at) < cx.now;
    let mut points = (*state.reset_points).clone();
    points.retain(|point| !point.expire_time.as_ref().is_some_and(gone));
    for point in &mut points {
        if *point.run_id == *state.run.run_id {
            point.expire_time = Some(cx.now.after(cx.retention).to_proto());
        }
    }
    ResetPoints { points }
}

fn create(
    state: &MutableState,
    cx: &Cx<'_>,
    run_id: &str,
    started: WorkflowExecutionStartedEventAttributes,
) -> Transition<()> {
    let new = NewRun {
        started: WorkflowExecutionStartedEventAttributes {
            original_execution_run_id: run_id.to_owned(),
            ..started
        },
        request_id: cx.ids.uuid(),
        ..NewRun::default()
    };
    let extras = state.extras.as_deref().cloned().unwrap_or_default();
    start_run(state.run.workflow.run(run_id), new, extras, *cx).without_reply()
}
