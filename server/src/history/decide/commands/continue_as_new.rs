//! ContinueAsNewWorkflowExecution. What the command does not say, the next run does not have: workers send
//! what is to be kept.

use std::collections::BTreeMap;

use mainspring_proto::{
    command::v1::ContinueAsNewWorkflowExecutionCommandAttributes,
    common::v1::WorkflowType,
    enums::v1::{TaskQueueKind, WorkflowTaskFailedCause},
    history::v1::{WorkflowExecutionContinuedAsNewEventAttributes, history_event::Attributes},
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    decide::{close::Ending, next_run, retry},
    time::{duration, proto_duration, tighter},
};

use super::{CommandCx, CommandFailure, activity::is_negative, payloads_size};

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadContinueAsNewAttributes;

pub(super) fn continue_as_new(
    cx: &mut CommandCx<'_, '_>,
    mut it: ContinueAsNewWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    cx.nothing_unseen()?;
    validate(cx, &mut it)?;
    let state = cx.draft.state();
    let limits = cx.draft.cx().limits;
    let started = &state.started;
    let execution = duration(&started.workflow_execution_timeout);
    let run = match duration(&it.workflow_run_timeout) {
        zero if zero.is_zero() => duration(&started.workflow_run_timeout),
        asked => tighter(asked, execution),
    };
    let task = match duration(&it.workflow_task_timeout) {
        zero if zero.is_zero() => duration(&started.workflow_task_timeout),
        asked => asked.min(limits.max_workflow_task_timeout),
    };
    let kind = it
        .workflow_type
        .map(|kind| kind.name)
        .filter(|name| !name.is_empty());
    let queue = it
        .task_queue
        .map(|queue| queue.name)
        .filter(|name| !name.is_empty());
    let attributes = WorkflowExecutionContinuedAsNewEventAttributes {
        new_execution_run_id: cx.draft.cx().ids.uuid(),
        workflow_type: Some(WorkflowType {
            name: kind.unwrap_or_else(|| state.workflow_type().to_owned()),
        }),
        task_queue: Some(TaskQueue {
            name: queue.unwrap_or_else(|| state.task_queue().to_owned()),
            kind: TaskQueueKind::Normal.into(),
            normal_name: String::new(),
        }),
        input: it.input,
        workflow_run_timeout: Some(proto_duration(run)),
        workflow_task_timeout: Some(proto_duration(tighter(task, run))),
        workflow_task_completed_event_id: cx.completed_event_id,
        backoff_start_interval: it.backoff_start_interval,
        initiator: it.initiator,
        failure: it.failure,
        last_completion_result: it.last_completion_result,
        // What the command leaves out does not go on: SDKs say what should.
        header: it.header,
        memo: it.memo,
        search_attributes: it.search_attributes,
        inherit_build_id: it.inherit_build_id,
        initial_versioning_behavior: it.initial_versioning_behavior,
    };
    let kept = next_run::Kept {
        retry_policy: it.retry_policy,
        cron_schedule: it.cron_schedule,
    };
    let next = next_run::continued(state, cx.draft.cx(), &attributes, kept);
    let extras = cx.extras();
    cx.draft.end(Ending {
        next: Some(next),
        extras,
        ..Ending::new(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(
            Box::new(attributes),
        ))
    });
    Ok(())
}

fn validate(
    cx: &CommandCx<'_, '_>,
    it: &mut ContinueAsNewWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    if let Some(message) = problem(cx, it) {
        return Err(CommandFailure::new(CAUSE, message));
    }
    if let Some(attributes) = &mut it.search_attributes {
        cx.admit(attributes, &BTreeMap::new())?;
    }
    cx.memo_fits(
        "ContinueAsNewWorkflowExecutionCommandAttributes. Memo",
        &it.memo,
        CAUSE,
    )?;
    cx.fits(
        "ContinueAsNewWorkflowExecutionCommandAttributes. Input",
        payloads_size(&it.input),
        CAUSE,
    )
}

/// What is wrong with the attributes, if anything is.
fn problem(
    cx: &CommandCx<'_, '_>,
    it: &ContinueAsNewWorkflowExecutionCommandAttributes,
) -> Option<String> {
    const COMMAND: &str = "ContinueAsNewWorkflowExecutionCommand";
    let state = cx.draft.state();
    let kind = it.workflow_type.as_ref().map_or("", |kind| &kind.name);
    let kind = if kind.is_empty() {
        state.workflow_type()
    } else {
        kind
    };
    if let Some(excess) = cx.excess(kind) {
        return Some(format!(
            "WorkflowType on {COMMAND} exceeds length limit. WorkflowType={kind} {excess}"
        ));
    }
    let queue = it.task_queue.as_ref().map_or("", |queue| &queue.name);
    let queue = if queue.is_empty() {
        state.task_queue()
    } else {
        queue
    };
    let rest = || format!("WorkflowType={kind} TaskQueue={queue}");
    if let Some(problem) = cx.queue_problem(&it.task_queue) {
        return Some(format!(
            "error validating {COMMAND} TaskQueue: {problem}. {}",
            rest()
        ));
    }
    let timeouts = [
        ("WorkflowRunTimeout", &it.workflow_run_timeout),
        ("WorkflowTaskTimeout", &it.workflow_task_timeout),
        ("BackoffStartInterval", &it.backoff_start_interval),
    ];
    for (name, timeout) in timeouts {
        if is_negative(timeout) {
            return Some(format!(
                "Invalid {name} on {COMMAND}: negative duration. {}",
                rest()
            ));
        }
    }
    let policy = retry::filled(Some(it.retry_policy.clone()?));
    let problem = retry::validate(&policy).err()?;
    Some(format!(
        "invalid WorkflowRetryPolicy on {COMMAND}: {problem}. {}",
        rest()
    ))
}
