//! StartChildWorkflowExecution.

use std::collections::BTreeMap;

use mainspring_proto::{
    command::v1::StartChildWorkflowExecutionCommandAttributes,
    enums::v1::{ParentClosePolicy, TaskQueueKind, WorkflowIdReusePolicy, WorkflowTaskFailedCause},
    history::v1::{StartChildWorkflowExecutionInitiatedEventAttributes, history_event::Attributes},
    sdk::v1::UserMetadata,
    taskqueue::v1::TaskQueue,
};

use crate::history::{
    decide::{cron, retry},
    task::Task,
    time::{duration, proto_duration, tighter},
};

use super::{CommandCx, CommandFailure, activity::is_negative, extras, payloads_size};

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadStartChildExecutionAttributes;

pub(super) fn start(
    cx: &mut CommandCx<'_, '_>,
    mut it: StartChildWorkflowExecutionCommandAttributes,
    metadata: Option<UserMetadata>,
) -> Result<(), CommandFailure> {
    validate(cx, &mut it)?;
    let limit = cx.draft.cx().limits.pending_children;
    if cx.draft.state().children.size() >= limit {
        return Err(CommandFailure::new(
            WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded,
            format!(
                "the number of pending child workflow executions, {limit}, has reached the per-workflow limit"
            ),
        ));
    }
    let attributes = initiated(cx, it);
    let id = cx.draft.event_with(
        Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(Box::new(attributes)),
        extras(metadata),
    );
    cx.draft.task(Task::StartChild(id));
    Ok(())
}

fn validate(
    cx: &CommandCx<'_, '_>,
    it: &mut StartChildWorkflowExecutionCommandAttributes,
) -> Result<(), CommandFailure> {
    let bad = |message: String| CommandFailure::new(CAUSE, message);
    if it.workflow_id.is_empty() {
        return Err(bad(
            "Required field WorkflowId is not set on StartChildWorkflowExecutionCommand."
                .to_owned(),
        ));
    }
    let kind = it.workflow_type.as_ref().map_or("", |kind| &kind.name);
    if kind.is_empty() {
        return Err(bad(
            "Required field WorkflowType is not set on StartChildWorkflowExecutionCommand."
                .to_owned(),
        ));
    }
    cx.id_fits(
        "WorkflowId on StartChildWorkflowExecutionCommand",
        &it.workflow_id,
        CAUSE,
    )?;
    cx.id_fits(
        "WorkflowType on StartChildWorkflowExecutionCommand",
        kind,
        CAUSE,
    )?;
    let timeouts = [
        ("WorkflowExecutionTimeout", &it.workflow_execution_timeout),
        ("WorkflowRunTimeout", &it.workflow_run_timeout),
        ("WorkflowTaskTimeout", &it.workflow_task_timeout),
    ];
    for (name, timeout) in timeouts {
        if is_negative(timeout) {
            return Err(bad(format!(
                "Invalid {name} on StartChildWorkflowExecutionCommand: negative duration"
            )));
        }
    }
    if let Some(policy) = &it.retry_policy {
        retry::validate(policy).map_err(bad)?;
    }
    if !it.cron_schedule.is_empty() {
        cron::validate(&it.cron_schedule).map_err(|error| bad(error.to_string()))?;
    }
    if let Some(attributes) = &mut it.search_attributes {
        cx.admit(attributes, &BTreeMap::new())?;
    }
    cx.memo_fits(
        "StartChildWorkflowExecutionCommandAttributes. Memo",
        &it.memo,
        CAUSE,
    )?;
    cx.fits(
        "StartChildWorkflowExecutionCommandAttributes. Input",
        payloads_size(&it.input),
        CAUSE,
    )
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
        namespace: cx.namespace_or_own(it.namespace),
        namespace_id: String::new(),
        workflow_id: it.workflow_id,
        workflow_type: it.workflow_type,
        task_queue: Some(TaskQueue {
            name: queue.unwrap_or_else(|| state.task_queue().to_owned()),
            kind: TaskQueueKind::Normal.into(),
            normal_name: String::new(),
        }),
        input: it.input,
        workflow_execution_timeout: Some(proto_duration(execution)),
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
        priority: it.priority.or_else(|| state.started.priority.clone()),
        versioning_override: it.versioning_override,
        ..StartChildWorkflowExecutionInitiatedEventAttributes::default()
    }
}
