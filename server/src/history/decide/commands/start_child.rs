//! StartChildWorkflowExecution.

use std::collections::BTreeMap;

use mainspring_proto::{
    command::v1::StartChildWorkflowExecutionCommandAttributes,
    enums::v1::{ParentClosePolicy, TaskQueueKind, WorkflowIdReusePolicy, WorkflowTaskFailedCause},
    history::v1::{StartChildWorkflowExecutionInitiatedEventAttributes, history_event::Attributes},
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    decide::{cron, retry},
    priority,
    task::Task,
    time::{duration, proto_duration, tighter},
};

use super::{CommandCx, CommandFailure, activity::is_negative, one_more, payloads_size};

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadStartChildExecutionAttributes;

pub(super) fn start(
    cx: &mut CommandCx<'_, '_>,
    mut it: StartChildWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    validate(cx, &mut it)?;
    let pending = cx.draft.state().children.size();
    one_more(
        "child workflow executions",
        pending,
        cx.draft.cx().limits.pending_children,
        WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded,
    )?;
    let attributes = initiated(cx, it);
    let id = cx.event(
        Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(Box::new(attributes)),
    );
    cx.draft.task(Task::StartChild(id));
    Ok(())
}

fn validate(
    cx: &CommandCx<'_, '_>,
    it: &mut StartChildWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    if let Some(message) = problem(cx, it) {
        return Err(CommandFailure::new(CAUSE, message));
    }
    if let Some(attributes) = &mut it.search_attributes {
        cx.admit(attributes, &BTreeMap::new())?;
    }
    cx.memo_fits(
        "StartChildWorkflowExecutionCommandAttributes.Memo",
        &it.memo,
        CAUSE,
    )?;
    cx.fits(
        "StartChildWorkflowExecutionCommandAttributes. Input",
        payloads_size(&it.input),
        CAUSE,
    )
}

/// What is wrong with the attributes, if anything is.
fn problem(
    cx: &CommandCx<'_, '_>,
    it: &StartChildWorkflowExecutionCommandAttributes,
) -> Option<String> {
    const COMMAND: &str = "StartChildWorkflowExecutionCommand";
    let id = &it.workflow_id;
    let kind = it.workflow_type.as_ref().map_or("", |kind| &kind.name);
    let namespace = cx.namespace_or_own(&it.namespace);
    let rest = || format!("WorkflowId={id} WorkflowType={kind} Namespace={namespace}");
    if id.is_empty() {
        return Some(format!(
            "Required field WorkflowId is not set on {COMMAND}. WorkflowType={kind} Namespace={namespace}"
        ));
    }
    if kind.is_empty() {
        return Some(format!(
            "Required field WorkflowType is not set on {COMMAND}. WorkflowId={id} Namespace={namespace}"
        ));
    }
    if let Some(excess) = cx.excess(id) {
        return Some(format!(
            "WorkflowId on {COMMAND} exceeds length limit. WorkflowId={id} {excess} WorkflowType={kind} \
             Namespace={namespace}"
        ));
    }
    if let Some(excess) = cx.excess(kind) {
        return Some(format!(
            "WorkflowType on {COMMAND} exceeds length limit. WorkflowId={id} WorkflowType={kind} {excess} \
             Namespace={namespace}"
        ));
    }
    let timeouts = [
        ("WorkflowExecutionTimeout", &it.workflow_execution_timeout),
        ("WorkflowRunTimeout", &it.workflow_run_timeout),
        ("WorkflowTaskTimeout", &it.workflow_task_timeout),
    ];
    for (name, timeout) in timeouts {
        if is_negative(timeout) {
            return Some(format!(
                "Invalid {name} on {COMMAND}: negative duration. {}",
                rest()
            ));
        }
    }
    let policy = it.retry_policy.clone();
    let policy = policy.map(|policy| retry::filled(Some(policy)));
    if let Some(Err(problem)) = policy.as_ref().map(retry::validate) {
        return Some(format!(
            "invalid WorkflowRetryPolicy on {COMMAND}: {problem}. {}",
            rest()
        ));
    }
    if !it.cron_schedule.is_empty()
        && let Err(problem) = cron::validate(&it.cron_schedule)
    {
        return Some(format!(
            "invalid CronSchedule on {COMMAND}: {problem} {}",
            rest()
        ));
    }
    if let Some(problem) = priority::problem(it.priority.as_ref()) {
        return Some(problem.to_owned());
    }
    let problem = cx.queue_problem(&it.task_queue)?;
    let queue = it.task_queue.as_ref().map_or("", |queue| &queue.name);
    Some(format!(
        "invalid TaskQueue on {COMMAND}: {problem}. {} TaskQueue={queue}",
        rest()
    ))
}

fn initiated(
    cx: &CommandCx<'_, '_>,
    it: StartChildWorkflowExecutionCommandAttributes,
) -> StartChildWorkflowExecutionInitiatedEventAttributes {
    let state = cx.draft.state();
    let limits = cx.draft.cx().limits;
    let execution = duration(&it.workflow_execution_timeout);
    let run = tighter(duration(&it.workflow_run_timeout), execution);
    let task = match duration(&it.workflow_task_timeout) {
        zero if zero.is_zero() => limits.default_workflow_task_timeout,
        asked => asked.min(limits.max_workflow_task_timeout),
    };
    let queue = it
        .task_queue
        .map(|queue| queue.name)
        .filter(|name| !name.is_empty());
    StartChildWorkflowExecutionInitiatedEventAttributes {
        namespace: cx.namespace_or_own(&it.namespace).to_owned(),
        namespace_id: cx.id_of_own(&it.namespace),
        workflow_id: it.workflow_id,
        workflow_type: it.workflow_type,
        task_queue: Some(TaskQueue {
            name: queue.unwrap_or_else(|| state.task_queue().to_owned()),
            kind: TaskQueueKind::Normal.into(),
            normal_name: String::new(),
        }),
        input: it.input,
        workflow_execution_timeout: it.workflow_execution_timeout,
        workflow_run_timeout: Some(proto_duration(run)),
        workflow_task_timeout: Some(proto_duration(tighter(task, run))),
        parent_close_policy: match it.parent_close_policy {
            0 => ParentClosePolicy::Terminate.into(),
            policy => policy,
        },
        control: it.control,
        workflow_task_completed_event_id: cx.completed_event_id,
        workflow_id_reuse_policy: match it.workflow_id_reuse_policy {
            0 => WorkflowIdReusePolicy::AllowDuplicate.into(),
            policy => policy,
        },
        retry_policy: it.retry_policy.map(|policy| retry::filled(Some(policy))),
        cron_schedule: it.cron_schedule,
        header: it.header,
        memo: it.memo,
        search_attributes: it.search_attributes,
        inherit_build_id: it.inherit_build_id,
        priority: priority::merged(&state.started.priority, &it.priority),
        versioning_override: it.versioning_override,
        ..StartChildWorkflowExecutionInitiatedEventAttributes::default()
    }
}
